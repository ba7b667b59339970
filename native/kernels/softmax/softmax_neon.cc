#include "kernels/softmax/softmax_vector.h"
