#include "engine/lowering.h"

#include <algorithm>
#include <cmath>

namespace approxlite {
namespace {

// Who writes and who reads each tensor among operators that still run.
class Uses {
 public:
  Uses(const std::vector<int>& outputs, const std::vector<Operator>& operators) {
    int most = -1;
    for (const Operator& op : operators) {
      for (const TensorSpec& spec : op.inputs) most = std::max(most, spec.number);
      for (const TensorSpec& spec : op.outputs) most = std::max(most, spec.number);
    }
    for (const int output : outputs) most = std::max(most, output);
    readers_.resize(static_cast<size_t>(most) + 1);
    writers_.assign(readers_.size(), -1);
    shared_.assign(readers_.size(), false);
    for (const int output : outputs) shared_[static_cast<size_t>(output)] = true;
    for (size_t i = 0; i < operators.size(); ++i) {
      if (folded_away(operators[i])) continue;
      for (const TensorSpec& spec : operators[i].inputs) readers_[static_cast<size_t>(spec.number)].push_back(i);
      for (const TensorSpec& spec : operators[i].outputs)
        writers_[static_cast<size_t>(spec.number)] = static_cast<int>(i);
    }
  }
  const std::vector<size_t>& readers(const TensorSpec& spec) const {
    return readers_[static_cast<size_t>(spec.number)];
  }
  // -1 if it comes from outside.
  int writer(const TensorSpec& spec) const { return writers_[static_cast<size_t>(spec.number)]; }
  bool shared(const TensorSpec& spec) const { return shared_[static_cast<size_t>(spec.number)]; }

 private:
  std::vector<std::vector<size_t>> readers_;
  std::vector<int> writers_;
  std::vector<bool> shared_;
};

bool pads_rows_and_columns_with_zero(const Operator& op) {
  const BoxCopy& box = op.box;
  constexpr int kChannels = kMaxRank - 1, kBatch = kMaxRank - 4;
  return (op.type == OperatorType::kPad || op.type == OperatorType::kPadV2) && op.inputs[0].dims.size() == 4 &&
         box.fill == 0 && box.source_dims[kBatch] == 1 && box.target_dims[kBatch] == 1 && box.begin[kChannels] == 0 &&
         box.source_dims[kChannels] == box.target_dims[kChannels];
}

bool convolves(const Operator& op) {
  return op.type == OperatorType::kConv2d || op.type == OperatorType::kDepthwiseConv2d;
}

// Whether the operator ends in a clamp to its range.
bool clamps(const Operator& op) {
  switch (op.type) {
    case OperatorType::kConv2d:
    case OperatorType::kDepthwiseConv2d:
    case OperatorType::kFullyConnected:
    case OperatorType::kAdd:
    case OperatorType::kSub:
    case OperatorType::kMul:
    case OperatorType::kDiv:
    case OperatorType::kAveragePool2d: return true;
    default: return false;
  }
}

std::string into(const std::string& note, const std::string& id) {
  return note + (note.empty() ? "folded into " : ", ") + id;
}

}  // namespace

void fold_padding(const std::vector<int>& outputs, std::vector<Operator>* operators) {
  const Uses uses(outputs, *operators);
  for (Operator& pad : *operators) {
    if (folded_away(pad) || !pads_rows_and_columns_with_zero(pad) || uses.shared(pad.outputs[0])) continue;
    const std::vector<size_t>& readers = uses.readers(pad.outputs[0]);
    const bool all_convolve =
        std::all_of(readers.begin(), readers.end(), [&](size_t reader) { return convolves((*operators)[reader]); });
    if (!all_convolve || readers.empty()) continue;
    for (const size_t reader : readers) {
      Operator& conv = (*operators)[reader];
      conv.inputs[0] = pad.inputs[0];
      conv.in.height = pad.inputs[0].dims[1];
      conv.in.width = pad.inputs[0].dims[2];
      conv.window.pad_top -= pad.box.begin[kMaxRank - 3];
      conv.window.pad_left -= pad.box.begin[kMaxRank - 2];
      pad.note = into(pad.note, conv.id);
    }
  }
}

void fold_clamps(const std::vector<int>& outputs, std::vector<Operator>* operators) {
  for (Operator& clamp : *operators) {
    if (clamp.type != OperatorType::kRelu && clamp.type != OperatorType::kRelu6 &&
        clamp.type != OperatorType::kReluN1To1) {
      continue;
    }
    const Uses uses(outputs, *operators);
    const int writer = uses.writer(clamp.inputs[0]);
    if (writer < 0 || uses.shared(clamp.inputs[0]) || uses.readers(clamp.inputs[0]).size() != 1) continue;
    Operator& producer = (*operators)[static_cast<size_t>(writer)];
    if (!clamps(producer) || !(clamp.inputs[0].form() == clamp.outputs[0].form())) continue;
    // The clamp of a clamp: the later bounds win where the two do not meet.
    const Range first = producer.range, second = clamp.range;
    producer.range = {std::min(std::max(first.low, second.low), second.high),
                      std::max(std::min(first.high, second.high), second.low)};
    producer.outputs[0] = clamp.outputs[0];
    clamp.note = into(clamp.note, producer.id);
  }
}

void hang_additions(const std::vector<int>& outputs, std::vector<Operator>* operators) {
  const Uses uses(outputs, *operators);
  for (size_t i = 0; i < operators->size(); ++i) {
    const Operator& addition = (*operators)[i];
    if (folded_away(addition) || addition.type != OperatorType::kAdd || addition.eight_bit()) continue;
    if (addition.inputs[0].dims != addition.outputs[0].dims || addition.inputs[1].dims != addition.outputs[0].dims ||
        addition.inputs[0].number == addition.inputs[1].number) {
      continue;
    }
    int chosen = -1, addend = 0;
    for (int input = 0; input < 2; ++input) {
      const TensorSpec &from = addition.inputs[static_cast<size_t>(input)],
                       &other = addition.inputs[static_cast<size_t>(1 - input)];
      const int writer = uses.writer(from);
      if (writer < 0 || uses.shared(from) || uses.readers(from).size() != 1) continue;
      const OperatorType type = (*operators)[static_cast<size_t>(writer)].type;
      if (type != OperatorType::kConv2d && type != OperatorType::kFullyConnected) continue;
      if (uses.writer(other) >= writer || writer < chosen) continue;
      chosen = writer;
      addend = 1 - input;
    }
    if (chosen < 0) continue;
    (*operators)[static_cast<size_t>(chosen)].addition = static_cast<int>(i);
    (*operators)[static_cast<size_t>(chosen)].addend_input = addend;
  }
}

std::vector<Operator> lowered(std::vector<Operator> operators, const std::vector<int>& outputs) {
  fold_padding(outputs, &operators);
  fold_clamps(outputs, &operators);
  hang_additions(outputs, &operators);
  return operators;
}

}  // namespace approxlite
