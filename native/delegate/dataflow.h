// Whether tensors flow through a graph as they should: each written once, and before anybody reads it. The runtime does
// not ask for it, and runs the operators of any other graph one by one as they stand.
#ifndef APPROXLITE_DELEGATE_DATAFLOW_H_
#define APPROXLITE_DELEGATE_DATAFLOW_H_

#include <vector>

#include "delegate/tflite_abi.h"

namespace approxlite {

class Dataflow {
 public:
  explicit Dataflow(size_t tensor_count) : writers_(tensor_count), written_(tensor_count) {}

  // Every node of the graph first, in any order; then `reach` for each, in execution order.
  void add(const tflite::Node& node);

  // Whether what the node reads is complete, and what it writes is written by it alone.
  bool reach(const tflite::Node& node);

 private:
  bool inside(int tensor) const { return tensor >= 0 && static_cast<size_t>(tensor) < writers_.size(); }

  std::vector<int> writers_;
  std::vector<bool> written_;
};

}  // namespace approxlite

#endif  // APPROXLITE_DELEGATE_DATAFLOW_H_
