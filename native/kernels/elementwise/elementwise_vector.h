// Everything elementwise for one variant.
#ifndef APPROXLITE_KERNELS_ELEMENTWISE_ELEMENTWISE_VECTOR_H_
#define APPROXLITE_KERNELS_ELEMENTWISE_ELEMENTWISE_VECTOR_H_

#include "kernels/elementwise/binary_vector.h"
#include "kernels/elementwise/bytes_vector.h"
#include "kernels/elementwise/unary_vector.h"

#endif  // APPROXLITE_KERNELS_ELEMENTWISE_ELEMENTWISE_VECTOR_H_
