// Where a float model's tensors are bytes: between an int8 operator and readers that all want them on one calibrated
// grid, through operators that only move data. A model's own 8-bit tensors are always bytes.
#include "engine/rung_layout.h"

namespace approxlite {
namespace {

// Whether the operator's output holds values of its inputs and nothing else, so that bytes pass on their grid.
bool passes_bytes(OperatorType type) {
  switch (type) {
    case OperatorType::kMaxPool2d:
    case OperatorType::kReshape:
    case OperatorType::kSqueeze:
    case OperatorType::kExpandDims:
    case OperatorType::kTranspose:
    case OperatorType::kConcatenation:
    case OperatorType::kPad:
    case OperatorType::kSlice:
    case OperatorType::kStridedSlice:
    case OperatorType::kResizeNearestNeighbor:
    case OperatorType::kDepthToSpace:
    case OperatorType::kSpaceToDepth: return true;
    default: return false;
  }
}

class FormChooser {
 public:
  FormChooser(const Graph& graph, const std::vector<Choice>& choices, RungLayout* layout)
      : graph_(graph), choices_(choices), layout_(*layout), possible_(graph.tensors().size(), true) {
    layout_.forms.resize(graph.tensors().size());
    takes_bytes_.assign(graph.operators().size(), false);
    for (const size_t i : graph.steps()) {
      if (layout_.adds[i]) takes_bytes_[static_cast<size_t>(graph.operators()[i].addition)] = on_bytes(i);
    }
    for (const size_t step : graph.steps()) {
      const Operator& op = graph.operators()[step];
      // Those that take a tensor apart.
      for (size_t i = 0; i < op.outputs.size() && op.outputs.size() > 1; ++i) possible_[graph.output(op, i)] = false;
    }
    for (size_t t = 0; t < graph.tensors().size(); ++t) {
      const TensorNode& node = graph.tensors()[t];
      layout_.forms[t] = node.spec.form();
      if (node.shared_input || node.shared_output || node.spec.constant() || node.spec.type != ElementType::kFloat32) {
        possible_[t] = false;
      }
    }
  }

  // Supposes bytes wherever readers want them and takes back what its producer cannot give, until all fits.
  void run() {
    do {
      find_wishes();
    } while (take_back());
    for (size_t t = 0; t < wishes_.size(); ++t) {
      if (wishes_[t].has_value()) layout_.forms[t] = {true, *wishes_[t]};
    }
  }

 private:
  // Readers come after writers, so going back every reader's own wish is known.
  void find_wishes() {
    wishes_.assign(graph_.tensors().size(), std::nullopt);
    const std::vector<size_t>& steps = graph_.steps();
    for (size_t step = steps.size(); step-- > 0;) {
      for (const TensorSpec& spec : graph_.operators()[steps[step]].outputs) {
        const size_t t = graph_.tensor(spec.number);
        if (possible_[t]) wishes_[t] = wish(t);
      }
    }
  }

  std::optional<Grid> wish(size_t t) const {
    std::optional<Grid> agreed;
    for (const Reader& reader : graph_.tensors()[t].readers) {
      if (layout_.added[reader.op]) {
        if (takes_bytes_[reader.op]) continue;  // on any grid
        return std::nullopt;
      }
      const Operator& op = graph_.operators()[reader.op];
      const std::optional<Grid> wanted = on_bytes(reader.op)     ? choices_[reader.op].scale
                                         : passes_bytes(op.type) ? wishes_[graph_.output(op)]
                                                                 : std::nullopt;
      if (!wanted.has_value() || (agreed.has_value() && !(*agreed == *wanted))) return std::nullopt;
      agreed = wanted;
    }
    return agreed;
  }

  bool take_back() {
    bool changed = false;
    for (const size_t i : graph_.steps()) {
      if (layout_.added[i]) continue;
      const size_t t = written_tensor(graph_, layout_, i);
      if (!wishes_[t].has_value() || gives_bytes(i, *wishes_[t])) continue;
      possible_[t] = false;
      changed = true;
    }
    return changed;
  }

  // Two factors have floats between them, and at both ends.
  bool on_bytes(size_t i) const {
    const Knob& knob = choices_[i].knob;
    return graph_.operators()[i].weighted() && knob.int8 && knob.rank.whole();
  }

  bool gives_bytes(size_t i, const Grid& grid) const {
    const Operator& op = graph_.operators()[i];
    if (op.weighted()) return on_bytes(i);
    if (!passes_bytes(op.type)) return false;
    for (size_t input = 0; input < op.inputs.size(); ++input) {
      const std::optional<Grid>& from = wishes_[graph_.input(op, input)];
      if (!from.has_value() || !(*from == grid)) return false;
    }
    return true;
  }

  const Graph& graph_;
  const std::vector<Choice>& choices_;
  RungLayout& layout_;
  std::vector<bool> possible_;
  std::vector<bool> takes_bytes_;  // by addition: the convolution that does it reads its addend as bytes too
  std::vector<std::optional<Grid>> wishes_;
};

}  // namespace

void choose_forms(const Graph& graph, const std::vector<Choice>& choices, RungLayout* layout) {
  FormChooser(graph, choices, layout).run();
}

}  // namespace approxlite
