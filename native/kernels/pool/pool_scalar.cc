#define APPROX_SCALAR
#include "kernels/pool/pool_vector.h"
