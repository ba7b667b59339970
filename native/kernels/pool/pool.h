// Window reductions per channel: average and max pooling.
#ifndef APPROXLITE_KERNELS_POOL_POOL_H_
#define APPROXLITE_KERNELS_POOL_POOL_H_

#include "kernels/kernels.h"

#define APPROX_DECLARE_POOL(variant)              \
  namespace approxlite::variant {                 \
  void average_pool(const Pool& call);            \
  void max_pool(const Pool& call);                \
  void average_pool_bytes(const PoolBytes& call); \
  void max_pool_bytes(const PoolBytes& call);     \
  }

APPROX_DECLARE_POOL(reference)
APPROX_DECLARE_POOL(scalar)
APPROX_DECLARE_POOL(avx2)
APPROX_DECLARE_POOL(avx512)
APPROX_DECLARE_POOL(neon)

#undef APPROX_DECLARE_POOL

#endif  // APPROXLITE_KERNELS_POOL_POOL_H_
