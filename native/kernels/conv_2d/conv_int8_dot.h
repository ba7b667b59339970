// sum + x[0] * w[0] + x[1] * w[1] + x[2] * w[2] + x[3] * w[3] in every lane, for unsigned x and signed w of eight bits,
// without saturation: one group of four inputs of one pixel times that group's weights of a vector of output channels.
//
// DotProduct has
//   Weights, those of one group, or of one of its kParts parts, and Packed[kPackedCount], how they lie in memory;
//   InputBlock, kBlock groups of one pixel; Input, one of them, or of its kParts parts;
//   kReadsAhead, whether fewer groups than a block are still read as one;
//   kWidths and kLatency as Tiles wants them;
//   kInputOffset, which the inputs have lost: the sums lack kInputOffset times the sum of the weights.
#ifndef APPROXLITE_KERNELS_CONV_2D_CONV_INT8_DOT_H_
#define APPROXLITE_KERNELS_CONV_2D_CONV_INT8_DOT_H_

#include "kernels/vector.h"

#if defined(APPROX_AVX512) || defined(APPROX_AVX2)
#include "kernels/conv_2d/conv_int8_dot_x86.h"
#elif defined(APPROX_NEON)
#include "kernels/conv_2d/conv_int8_dot_neon.h"
#else
#include "kernels/conv_2d/conv_int8_dot_scalar.h"
#endif

#endif  // APPROXLITE_KERNELS_CONV_2D_CONV_INT8_DOT_H_
