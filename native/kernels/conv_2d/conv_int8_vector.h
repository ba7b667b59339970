// The 8-bit convolution of one variant.
#ifndef APPROXLITE_KERNELS_CONV_2D_CONV_INT8_VECTOR_H_
#define APPROXLITE_KERNELS_CONV_2D_CONV_INT8_VECTOR_H_

#include <cassert>

#include "kernels/conv_2d/conv_2d.h"
#include "kernels/vector.h"
#if defined(APPROX_NEON) && defined(__ARM_FEATURE_MATMUL_INT8)
#include "kernels/conv_2d/conv_int8_matrix.h"
#else
#include "kernels/conv_2d/conv_int8_tiles.h"
#endif

namespace approxlite::APPROX_VARIANT {
namespace {

#if defined(APPROX_NEON) && defined(__ARM_FEATURE_MATMUL_INT8)
using Kernel = MatrixKernel;
#else
using Kernel = Int8Kernel<DotProduct>;
#endif

}  // namespace

int conv_int8_padded_channels(int output_channels) { return Kernel::vectors(output_channels) * kLanes; }

size_t conv_int8_packed_bytes(int k_groups, int output_channels) {
  return Kernel::packed_bytes(static_cast<size_t>(k_groups), output_channels);
}

void conv_int8_pack(const int8_t* weights, int k_groups, int output_channels, void* packed) {
  Kernel::pack(weights, static_cast<size_t>(k_groups), output_channels, packed);
}

void conv_int8(const ConvInt8& call) {
  assert(call.begin >= 0 && call.channels > 0 && call.output_channels > 0);
  Tiles<Kernel>::run(call, Kernel::vectors(call.output_channels));
}

}  // namespace approxlite::APPROX_VARIANT

#endif  // APPROXLITE_KERNELS_CONV_2D_CONV_INT8_VECTOR_H_
