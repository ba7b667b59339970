// Rewrites a partition's operators before they are planned: what lies between two operators and costs a pass over memory
// becomes part of one of them.
#ifndef APPROXLITE_ENGINE_LOWERING_H_
#define APPROXLITE_ENGINE_LOWERING_H_

#include <vector>

#include "engine/operator.h"

namespace approxlite {

// All of the passes below. `outputs` are the partition's output tensors, which must exist.
std::vector<Operator> lowered(std::vector<Operator> operators, const std::vector<int>& outputs);

// Folds a zero padding of rows and columns into the convolutions that alone read it; such an operator gets a note and
// must not be run.
void fold_padding(const std::vector<int>& outputs, std::vector<Operator>* operators);

// Folds a clamp into the operator whose output it alone reads.
void fold_clamps(const std::vector<int>& outputs, std::vector<Operator>* operators);

// Hangs an addition onto the convolution whose output it alone reads, if its other operand is there before.
void hang_additions(const std::vector<int>& outputs, std::vector<Operator>* operators);

// Whether lowering left nothing of the operator to run.
inline bool folded_away(const Operator& op) { return !op.note.empty(); }

}  // namespace approxlite

#endif  // APPROXLITE_ENGINE_LOWERING_H_
