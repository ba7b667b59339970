// An operand of few channels, repeated until it fills whole vectors, so that pixels of 9 channels run as one long row.
#ifndef APPROXLITE_KERNELS_ELEMENTWISE_REPEATED_H_
#define APPROXLITE_KERNELS_ELEMENTWISE_REPEATED_H_

#include "kernels/vector.h"

namespace approxlite::APPROX_VARIANT {
namespace {

template <typename T>
class Repeated {
 public:
  // Values of `channels` that are to be read `block` at a time, a power of two of at most 64.
  Repeated(const T* values, int channels, int block) : values_(values), period_(static_cast<size_t>(channels)) {
    if (channels > kMost / 64) return;
    std::memcpy(repeated_, values, period_ * sizeof(T));
    values_ = repeated_;
    // Doubling makes any number of channels a multiple of the block; going on makes for longer rows.
    while (period_ % static_cast<size_t>(block) != 0 || 2 * period_ <= kMost / 8) {
      std::memcpy(repeated_ + period_, repeated_, period_ * sizeof(T));
      period_ *= 2;
    }
  }
  const T* values() const { return values_; }
  size_t period() const { return period_; }

 private:
  static constexpr int kMost = 4096;
  const T* values_;
  size_t period_;
  alignas(64) T repeated_[kMost];
};

}  // namespace
}  // namespace approxlite::APPROX_VARIANT

#endif  // APPROXLITE_KERNELS_ELEMENTWISE_REPEATED_H_
