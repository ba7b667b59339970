#include "kernels/pool/pool_bytes_vector.h"
