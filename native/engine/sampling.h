// Mobiprox's filter sampling (arXiv 2303.11291): of the K inputs of an operator every d-th is left out, and what the
// others add up to is scaled by d / (d - 1). Float leaves out single inputs, int8 groups of four.
#ifndef APPROXLITE_ENGINE_SAMPLING_H_
#define APPROXLITE_ENGINE_SAMPLING_H_

#include <cstdint>
#include <vector>

#include "engine/knob.h"
#include "kernels/kernels.h"

namespace approxlite {

class Sampling {
 public:
  // K lies in `taps` taps of `run` units (inputs or groups) each.
  Sampling(Fraction fraction, int taps, int run) {
    if (fraction.whole()) return;
    const int period = fraction.denominator;
    rescale_ = static_cast<float>(period) / static_cast<float>(period - 1);
    for (int tap = 0; tap < taps; ++tap) {
      begin_.push_back(static_cast<int32_t>(entries_.size()));
      for (int i = 0; i < run; ++i) {
        if ((static_cast<int64_t>(tap) * run + i) % period != period - 1) entries_.push_back(i);
      }
    }
    begin_.push_back(static_cast<int32_t>(entries_.size()));
  }

  // Reads everything where nothing is sampled.
  KList list() const { return begin_.empty() ? KList{} : KList{begin_.data(), entries_.data()}; }
  float rescale() const { return rescale_; }
  size_t bytes() const { return sizeof(int32_t) * (begin_.size() + entries_.size()); }

 private:
  std::vector<int32_t> begin_, entries_;
  float rescale_ = 1;
};

}  // namespace approxlite

#endif  // APPROXLITE_ENGINE_SAMPLING_H_
