#define APPROX_SCALAR
#include "kernels/quantize/quantize_vector.h"
