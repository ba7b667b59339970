#include "kernels/conv_2d/conv_int8_vector.h"
