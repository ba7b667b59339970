// Whether calibrated weights are for an operator with these sizes. The engine asks before it takes a configuration,
// plans ask again before they read.
#ifndef APPROXLITE_ENGINE_OWN_WEIGHTS_H_
#define APPROXLITE_ENGINE_OWN_WEIGHTS_H_

#include <cstdint>

#include "engine/rung_weights.h"

namespace approxlite {

// inputs:f: groups of four of K = taps * run, ascending, and their weights and biases.
inline bool fits_inputs(const OperatorWeights& own, int taps, int run, int outputs) {
  if (own.groups == nullptr || own.weights == nullptr || own.bias == nullptr) return false;
  if (own.outputs != outputs || run % 4 != 0 || own.group_count < 1) return false;
  const int64_t groups = static_cast<int64_t>(taps) * (run / 4);
  int64_t last = -1;
  for (int i = 0; i < own.group_count; ++i) {
    if (own.groups[i] <= last) return false;
    last = own.groups[i];
  }
  return last < groups;
}

// rank:f: two factors, [rank][K] and [output][rank], and biases.
inline bool fits_rank(const OperatorWeights& own, int taps, int run, int outputs) {
  if (own.first == nullptr || own.weights == nullptr || own.bias == nullptr) return false;
  return own.outputs == outputs && own.rank >= 1 && own.k == static_cast<int64_t>(taps) * run;
}

inline bool fits(const OperatorWeights& own, int taps, int run, int outputs) {
  return own.first != nullptr ? fits_rank(own, taps, run, outputs) : fits_inputs(own, taps, run, outputs);
}

}  // namespace approxlite

#endif  // APPROXLITE_ENGINE_OWN_WEIGHTS_H_
