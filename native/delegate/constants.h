// Constants of a model, also those that reach their readers through DEQUANTIZE or DENSIFY: converters leave weights in
// half precision, 8 bits or sparse and have the runtime unpack them. The engine unpacks them once, when it packs weights.
#ifndef APPROXLITE_DELEGATE_CONSTANTS_H_
#define APPROXLITE_DELEGATE_CONSTANTS_H_

#include <map>
#include <memory>
#include <vector>

#include "delegate/tflite_abi.h"
#include "engine/tensor.h"

namespace approxlite {

struct Constant {
  ElementType type;
  std::vector<int> dims;
  const void* data;
  std::shared_ptr<std::vector<uint8_t>> owned;  // where `data` is not the model's own
  // Of 8-bit types: one scale and zero point for all, or one for each index along `axis`. Empty if there are none.
  std::vector<float> scales;
  std::vector<int> zero_points;
  int axis = 0;
  bool unpacked = false;  // its readers ask for floats, whatever `type` is
  std::vector<int> through;  // nodes it comes through

  size_t size() const;
  // Every element as a real number; false without usable scales.
  bool floats(std::vector<float>* values) const;
};

class Constants {
 public:
  explicit Constants(const tflite::Context* context) : context_(context) {}

  // Every node of the graph, in execution order.
  void add(int index, const tflite::Node& node, const tflite::Registration& registration);

  // What a tensor always holds; false if that is not known, or is no dense constant of ours.
  bool find(int tensor, Constant* constant) const;

  // Whether the node only unpacks a constant.
  bool unpacks(int index) const { return outputs_.count(index) > 0; }
  int output_of(int index) const { return outputs_.at(index); }

 private:
  const tflite::Context* context_;
  std::map<int, Constant> unpacked_;  // by tensor
  std::map<int, int> outputs_;  // by node
};

}  // namespace approxlite

#endif  // APPROXLITE_DELEGATE_CONSTANTS_H_
