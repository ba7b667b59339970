#define APPROX_SCALAR
#include "kernels/conv_2d/conv_float_tiles.h"
