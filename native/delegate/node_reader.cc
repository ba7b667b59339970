#include "delegate/node_reader.h"

#include <cstring>

namespace approxlite {

bool NodeReader::input(int i) {
  if (i >= input_count()) return refuse("it lacks an input");
  TensorSpec spec;
  Constant constant;
  if (constants.find(input_number(i), &constant) && constant.unpacked) {
    std::vector<float> values;
    if (!constant.floats(&values)) return refuse("a constant cannot be unpacked");
    spec.number = input_number(i);
    spec.dims = constant.dims;
    spec.owned = std::make_shared<std::vector<uint8_t>>(sizeof(float) * values.size());
    std::memcpy(spec.owned->data(), values.data(), spec.owned->size());
    spec.data = spec.owned->data();
    through.insert(through.end(), constant.through.begin(), constant.through.end());
  } else if (const char* why = read_activation_tensor(context, input_number(i), &spec); why != nullptr) {
    return refuse(why);
  }
  op->inputs.push_back(std::move(spec));
  return true;
}

bool NodeReader::outputs(bool same_type) {
  for (int i = 0; i < node->outputs->size; ++i) {
    TensorSpec spec;
    if (const char* why = read_activation_tensor(context, node->outputs->data[i], &spec); why != nullptr) {
      return refuse(why);
    }
    if (spec.constant()) return refuse("it writes a constant");
    if (same_type && spec.type != op->inputs[0].type) return refuse("its tensors differ in type");
    op->outputs.push_back(std::move(spec));
  }
  return !op->outputs.empty() || refuse("it lacks an output");
}

bool NodeReader::integers(int i, std::vector<int>* values) {
  std::vector<int> dims;
  if (i >= input_count()) return refuse("it lacks an input");
  const tflite::Tensor* tensor = tensor_at(context, input_number(i));
  if (!constant_of(tensor, tflite::kInt32, &dims)) return refuse("a shape or axis is known only while the model runs");
  const auto* data = static_cast<const int32_t*>(tensor->data);
  values->assign(data, data + elements(dims));
  return true;
}

bool NodeReader::images() {
  const std::vector<int>& in = op->inputs[0].dims;
  const std::vector<int>& out = op->outputs[0].dims;
  if (in.size() != 4 || out.size() != 4) return refuse("it works on other than images");
  if (in[0] != 1 || out[0] != 1) return refuse("its batch is larger than 1");
  op->in = {in[1], in[2], in[3]};
  op->out = {out[1], out[2], out[3]};
  return true;
}

}  // namespace approxlite
