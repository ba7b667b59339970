// Rewrites a partition's operators before they are planned.
#ifndef APPROXLITE_ENGINE_LOWERING_H_
#define APPROXLITE_ENGINE_LOWERING_H_

#include <vector>

#include "engine/operator.h"

namespace approxlite {

// Folds a zero padding of rows and columns into the convolutions that alone read it; such an operator gets a note and
// must not be run. `outputs` are the partition's output tensors, which must exist.
void fold_padding(const std::vector<int>& outputs, std::vector<Operator>* operators);

// Whether lowering left nothing of the operator to run.
inline bool folded_away(const Operator& op) { return !op.note.empty(); }

}  // namespace approxlite

#endif  // APPROXLITE_ENGINE_LOWERING_H_
