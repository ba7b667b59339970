#include "kernels/interpolate/interpolate_vector.h"
