#define APPROX_SCALAR
#include "kernels/interpolate/interpolate_vector.h"
