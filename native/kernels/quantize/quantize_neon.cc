#include "kernels/quantize/quantize_vector.h"
