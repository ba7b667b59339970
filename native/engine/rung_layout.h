// What one rung makes of a partition as a whole: which additions their convolutions do, which pixels of each tensor
// anybody reads, and where tensors are bytes.
#ifndef APPROXLITE_ENGINE_RUNG_LAYOUT_H_
#define APPROXLITE_ENGINE_RUNG_LAYOUT_H_

#include <memory>
#include <optional>
#include <vector>

#include "engine/graph.h"
#include "engine/perforation.h"
#include "engine/rung_weights.h"

namespace approxlite {

// The knob of one operator in one rung, the grid its int8 input is put on, and calibrated weights if it has any.
struct Choice {
  Knob knob;
  std::optional<Grid> scale;
  std::shared_ptr<const OperatorWeights> weights;
};

struct RungLayout {
  std::vector<bool> adds;       // by operator: it does its Operator::addition too
  std::vector<bool> added;      // by operator: an addition that its convolution does
  std::vector<Pattern> demand;  // by tensor of the graph
  std::vector<Form> forms;      // by tensor of the graph
};

// `watched` tensors (by tensor of the graph) are read whole by somebody outside.
RungLayout lay_out(const Graph& graph, const std::vector<Choice>& choices, const std::vector<bool>& watched);

// The tensor the operator writes in the rung: its own, or that of the addition it does.
inline size_t written_tensor(const Graph& graph, const RungLayout& layout, size_t op) {
  const Operator& self = graph.operators()[op];
  return layout.adds[op] ? graph.output(graph.operators()[static_cast<size_t>(self.addition)]) : graph.output(self);
}

// The two halves of lay_out: additions and demand, then forms.
void find_demand(const Graph& graph, const std::vector<Choice>& choices, const std::vector<bool>& watched,
                 RungLayout* layout);
void choose_forms(const Graph& graph, const std::vector<Choice>& choices, RungLayout* layout);

}  // namespace approxlite

#endif  // APPROXLITE_ENGINE_RUNG_LAYOUT_H_
