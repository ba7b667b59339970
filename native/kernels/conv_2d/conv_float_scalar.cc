#define APPROX_SCALAR
#if defined(__ANDROID__)
#define APPROX_SCALAR_PIXELS 1  // of a tile: emulators without AVX2 alone run it, and every app carries it
#else
#define APPROX_SCALAR_PIXELS 4
#endif
#include "kernels/conv_2d/conv_float_tiles.h"
