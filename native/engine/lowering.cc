#include "engine/lowering.h"

#include <algorithm>

namespace approxlite {
namespace {

bool pads_only_rows_and_columns(const Operator& op) {
  const BoxCopy& box = op.box;
  return op.type == OperatorType::kPad && box.source_dims[0] == 1 && box.target_dims[0] == 1 && box.begin[3] == 0 &&
         box.source_dims[3] == box.target_dims[3];
}

bool convolves(const Operator& op) {
  return op.type == OperatorType::kConv2d || op.type == OperatorType::kDepthwiseConv2d;
}

}  // namespace

void fold_padding(const std::vector<int>& outputs, std::vector<Operator>* operators) {
  for (Operator& pad : *operators) {
    if (!pads_only_rows_and_columns(pad)) continue;
    if (std::find(outputs.begin(), outputs.end(), pad.output) != outputs.end()) continue;
    std::vector<Operator*> readers;
    bool all_convolve = true;
    for (Operator& op : *operators) {
      if (std::find(op.inputs.begin(), op.inputs.end(), pad.output) == op.inputs.end()) continue;
      readers.push_back(&op);
      all_convolve = all_convolve && convolves(op);
    }
    if (!all_convolve || readers.empty()) continue;
    for (Operator* conv : readers) {
      conv->inputs[0] = pad.inputs[0];
      conv->in.height = pad.box.source_dims[1];
      conv->in.width = pad.box.source_dims[2];
      conv->window.pad_top -= pad.box.begin[1];
      conv->window.pad_left -= pad.box.begin[2];
      pad.note += (pad.note.empty() ? "folded into " : ", ") + conv->id;
    }
  }
}

}  // namespace approxlite
