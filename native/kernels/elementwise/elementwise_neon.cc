#include "kernels/elementwise/elementwise_vector.h"
