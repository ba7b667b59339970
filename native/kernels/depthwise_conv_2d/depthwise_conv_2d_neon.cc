#include "kernels/depthwise_conv_2d/depthwise_conv_2d_vector.h"
