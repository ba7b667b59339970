#define APPROX_SCALAR
#include "kernels/elementwise/elementwise_vector.h"
