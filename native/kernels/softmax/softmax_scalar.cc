#define APPROX_SCALAR
#include "kernels/softmax/softmax_vector.h"
