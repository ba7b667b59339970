#include "kernels/depthwise_conv_2d/depthwise_float_vector.h"
#include "kernels/depthwise_conv_2d/depthwise_int8_vector.h"
