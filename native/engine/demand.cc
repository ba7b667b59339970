// Which pixels of each tensor are read, found from the last operator back. A perforated operator whose readers all want
// its own pattern leaves the rest unfilled, so tensors stay on a reduced grid through pointwise operators of that grid;
// and an exact operator before them computes no more than that.
#include "engine/rung_layout.h"

namespace approxlite {
namespace {

bool image(const TensorSpec& spec) { return spec.dims.size() == 4 && spec.dims[0] == 1; }

// Whether output pixel (y, x) reads input pixel (y, x) and no other.
bool pointwise_convolution(const Operator& op) {
  const Window& window = op.window;
  return op.type == OperatorType::kConv2d && window.height == 1 && window.width == 1 && window.stride_height == 1 &&
         window.stride_width == 1 && window.pad_top == 0 && window.pad_left == 0 && op.in.height == op.out.height &&
         op.in.width == op.out.width;
}

bool elementwise(OperatorType type) {
  return (type >= OperatorType::kAdd && type <= OperatorType::kSquaredDifference) ||
         (type >= OperatorType::kRelu && type <= OperatorType::kPrelu);
}

class DemandFinder {
 public:
  DemandFinder(const Graph& graph, const std::vector<Choice>& choices, RungLayout* layout)
      : graph_(graph), choices_(choices), layout_(*layout), known_(graph.tensors().size(), false) {
    layout_.adds.assign(graph.operators().size(), false);
    layout_.added.assign(graph.operators().size(), false);
    layout_.demand.assign(graph.tensors().size(), Pattern{});
    convolution_of_.assign(graph.operators().size(), -1);
    for (const size_t i : graph.steps()) {
      const int addition = graph.operators()[i].addition;
      if (addition >= 0) convolution_of_[static_cast<size_t>(addition)] = static_cast<int>(i);
    }
  }

  void require_whole(size_t tensor) { require(tensor, Pattern{}); }

  void run() {
    const std::vector<size_t>& steps = graph_.steps();
    for (size_t step = steps.size(); step-- > 0;) {
      const size_t i = steps[step];
      const Operator& op = graph_.operators()[i];
      if (convolution_of_[i] >= 0 && hang(i, static_cast<size_t>(convolution_of_[i]))) continue;
      const size_t written = written_tensor(graph_, layout_, i);
      const Pattern out = layout_.demand[written];
      for (size_t input = 0; input < op.inputs.size(); ++input) {
        require(graph_.input(op, input), read(i, input, out));
      }
    }
  }

 private:
  // Has the convolution do the addition, if it has nothing to fill in first.
  bool hang(size_t addition, size_t convolution) {
    const Operator& op = graph_.operators()[addition];
    const Operator& conv = graph_.operators()[convolution];
    const Pattern computed = pattern_of(choices_[convolution].knob);
    const Pattern out = layout_.demand[graph_.output(op)];
    if (!choices_[convolution].knob.rank.whole() || (!computed.whole() && !(computed == out))) return false;
    layout_.adds[convolution] = true;
    layout_.added[addition] = true;
    require(graph_.input(op, static_cast<size_t>(conv.addend_input)), out);
    return true;
  }

  Pattern read(size_t i, size_t input, const Pattern& out) const {
    const Operator& op = graph_.operators()[i];
    const TensorSpec& from = op.inputs[input];
    if (!image(from) || !image(op.outputs[0])) return {};
    const Knob& knob = choices_[i].knob;
    if (pointwise_convolution(op)) {
      // Whoever looks at the range of all of its input needs all of it.
      const bool own_range = knob.int8 && !choices_[i].scale.has_value();
      if (own_range || !knob.rank.whole()) return {};
      const Pattern computed = pattern_of(knob);
      return computed.whole() ? out : computed;
    }
    return elementwise(op.type) && from.dims == op.outputs[0].dims ? out : Pattern{};
  }

  void require(size_t tensor, const Pattern& pattern) {
    Pattern& demand = layout_.demand[tensor];
    if (!known_[tensor]) {
      demand = pattern;
      known_[tensor] = true;
    } else if (!(demand == pattern)) {
      demand = {};
    }
  }

  const Graph& graph_;
  const std::vector<Choice>& choices_;
  RungLayout& layout_;
  std::vector<bool> known_;
  std::vector<int> convolution_of_;  // by addition
};

}  // namespace

void find_demand(const Graph& graph, const std::vector<Choice>& choices, const std::vector<bool>& watched,
                 RungLayout* layout) {
  DemandFinder finder(graph, choices, layout);
  for (size_t t = 0; t < graph.tensors().size(); ++t) {
    if (graph.tensors()[t].shared_output || graph.tensors()[t].alias != t || watched[t]) finder.require_whole(t);
  }
  finder.run();
}

RungLayout lay_out(const Graph& graph, const std::vector<Choice>& choices, const std::vector<bool>& watched) {
  RungLayout layout;
  find_demand(graph, choices, watched, &layout);
  choose_forms(graph, choices, &layout);
  return layout;
}

}  // namespace approxlite
