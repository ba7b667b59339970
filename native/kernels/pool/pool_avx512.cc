#include "kernels/pool/pool_vector.h"
