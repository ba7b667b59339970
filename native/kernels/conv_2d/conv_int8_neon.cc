#include "kernels/conv_2d/conv_int8_tiles.h"
