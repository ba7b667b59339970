#include "delegate/delegate.h"

#include <algorithm>
#include <cstring>
#include <memory>

#include "delegate/constants.h"
#include "delegate/dataflow.h"
#include "delegate/read_node.h"
#include "delegate/tensor_view.h"
#include "engine/engine.h"

namespace approxlite {
namespace {

using tflite::Context;
using tflite::IntArray;
using tflite::Node;
using tflite::Registration;
using tflite::Status;

Engine* engine_of(const tflite::Delegate* delegate) { return static_cast<Engine*>(delegate->data); }

std::vector<int> to_vector(const IntArray* array) {
  if (array == nullptr) return {};
  return {array->data, array->data + array->size};
}

// An unpacked constant that somebody outside reads as well, for instance as an output of the model.
struct SharedConstant {
  int tensor;
  std::vector<uint8_t> bytes;
};

// What a node of the runtime that stands for a partition owns.
struct PartitionNode {
  Engine* engine;
  std::unique_ptr<Partition> partition;
  std::vector<SharedConstant> constants;
};

// What operators that only unpack constants would have written to `outputs`.
std::vector<SharedConstant> shared_constants(Context* context, const std::vector<int>& nodes,
                                             const std::vector<int>& outputs) {
  Constants constants(context);
  Node* node = nullptr;
  Registration* registration = nullptr;
  std::vector<SharedConstant> shared;
  for (const int index : nodes) {
    if (context->GetNodeAndRegistration(context, index, &node, &registration) != tflite::kOk) return {};
    constants.add(index, *node, *registration);
    if (!constants.unpacks(index)) continue;
    const int tensor = constants.output_of(index);
    if (std::find(outputs.begin(), outputs.end(), tensor) == outputs.end()) continue;
    Constant constant;
    std::vector<float> floats;
    if (!constants.find(tensor, &constant) || (constant.unpacked && !constant.floats(&floats))) continue;
    const void* data = constant.unpacked ? floats.data() : constant.data;
    const size_t size = constant.size() * (constant.unpacked ? sizeof(float) : element_bytes(constant.type));
    const auto* bytes = static_cast<const uint8_t*>(data);
    shared.push_back({tensor, {bytes, bytes + size}});
  }
  return shared;
}

void* partition_init(Context* context, const char* buffer, size_t) {
  const auto* params = reinterpret_cast<const tflite::DelegateParams*>(buffer);
  Engine* engine = engine_of(params->delegate);
  std::vector<Operator> operators;
  for (const int index : to_vector(params->nodes_to_replace)) {
    const Operator* op = engine->claimed(index);
    if (op == nullptr) return nullptr;
    operators.push_back(*op);
  }
  std::vector<int> inputs;
  for (const int tensor : to_vector(params->input_tensors)) {
    if (tensor >= 0 && !constant(context->tensors[tensor])) inputs.push_back(tensor);
  }
  auto node = std::make_unique<PartitionNode>();
  node->engine = engine;
  node->partition = std::make_unique<Partition>(std::move(operators), inputs, to_vector(params->output_tensors),
                                                context->tensors_size, engine->kernels(), engine->pool());
  node->constants = shared_constants(context, to_vector(params->nodes_to_replace), to_vector(params->output_tensors));
  engine->retain();
  engine->add_partition(node->partition.get());
  return node.release();
}

void partition_free(Context*, void* user_data) {
  auto* node = static_cast<PartitionNode*>(user_data);
  if (node == nullptr) return;
  Engine* engine = node->engine;
  engine->remove_partition(node->partition.get());
  delete node;
  engine->release();
}

Status partition_prepare(Context*, Node* node) {
  auto* owned = static_cast<PartitionNode*>(node->user_data);
  if (owned == nullptr) return tflite::kError;
  owned->engine->prepare_ladder(owned->partition.get());
  return tflite::kOk;
}

Status partition_invoke(Context* context, Node* node) {
  auto* owned = static_cast<PartitionNode*>(node->user_data);
  Partition& partition = *owned->partition;
  for (const int tensor : partition.shared_tensors()) {
    void* data = context->tensors[tensor].data;
    if (data == nullptr) {
      // The runtime gives no memory to tensors that operators out of order read before anybody writes them.
      context->ReportError(context, "tensor %d holds nothing yet", tensor);
      return tflite::kError;
    }
    partition.place(tensor, data);
  }
  for (const SharedConstant& constant : owned->constants) {
    const tflite::Tensor& tensor = context->tensors[constant.tensor];
    if (tensor.data == nullptr || tensor.bytes != constant.bytes.size()) continue;
    std::memcpy(tensor.data, constant.bytes.data(), constant.bytes.size());
  }
  partition.run(owned->engine->rung());
  return tflite::kOk;
}

Registration partition_registration() {
  Registration registration = {};
  registration.init = partition_init;
  registration.free = partition_free;
  registration.prepare = partition_prepare;
  registration.invoke = partition_invoke;
  registration.builtin_code = tflite::kDelegate;
  registration.custom_name = "ApproxLite";
  registration.version = 1;
  return registration;
}

struct ReadNode {
  int index;
  Operator op;
  const char* reason;        // why it is not ours, null if it is
  std::vector<int> through;  // nodes that unpack its constants
};

// A node that only unpacks a constant is ours where all who read it unpack the constant themselves.
void take_unpackers(Context* context, const Constants& constants, std::vector<ReadNode>* nodes) {
  Node* node = nullptr;
  Registration* registration = nullptr;
  for (ReadNode& unpacker : *nodes) {
    if (!constants.unpacks(unpacker.index)) continue;
    const int tensor = constants.output_of(unpacker.index);
    std::string note;
    bool all_ours = true;
    for (const ReadNode& reader : *nodes) {
      if (context->GetNodeAndRegistration(context, reader.index, &node, &registration) != tflite::kOk) return;
      const std::vector<int> inputs = to_vector(node->inputs);
      if (std::find(inputs.begin(), inputs.end(), tensor) == inputs.end()) continue;
      const bool next = constants.unpacks(reader.index);
      const bool ours =
          reader.reason == nullptr && std::count(reader.through.begin(), reader.through.end(), unpacker.index) > 0;
      all_ours = all_ours && (next || ours);
      if (ours) note += (note.empty() ? "folded into " : ", ") + reader.op.id;
      if (next)
        note += (note.empty() ? "folded into " : ", ") + std::string("dequantize_") + std::to_string(reader.index);
    }
    if (note.empty() || !all_ours) {
      unpacker.reason = "its output is read by the runtime";
      continue;
    }
    unpacker.reason = nullptr;
    unpacker.op.note = std::move(note);
  }
}

Operator unpacker_operator(const Context* context, const Constants& constants, int index, bool densifies) {
  Operator op = {};
  op.type = densifies ? OperatorType::kDensify : OperatorType::kDequantize;
  op.index = index;
  op.id = std::string(type_name(op.type)) + "_" + std::to_string(index);
  TensorSpec output;
  output.number = constants.output_of(index);
  output.dims = dims_of(*tensor_at(context, output.number));
  op.outputs.push_back(std::move(output));
  return op;
}

Status delegate_prepare(Context* context, tflite::Delegate* delegate) {
  Engine* engine = engine_of(delegate);
  // Operator ids number the first subgraph's operators; those of branches and loops stay with the runtime.
  if (!engine->owns(context)) return tflite::kOk;
  IntArray* execution_plan = nullptr;
  if (context->GetExecutionPlan(context, &execution_plan) != tflite::kOk) return tflite::kError;
  const std::vector<int> order = to_vector(execution_plan);
  Node* node = nullptr;
  Registration* registration = nullptr;
  Dataflow dataflow(context->tensors_size);
  Constants constants(context);
  for (const int index : order) {
    if (context->GetNodeAndRegistration(context, index, &node, &registration) != tflite::kOk) return tflite::kError;
    dataflow.add(*node);
    constants.add(index, *node, *registration);
  }
  std::vector<ReadNode> read;
  for (const int index : order) {
    if (context->GetNodeAndRegistration(context, index, &node, &registration) != tflite::kOk) return tflite::kError;
    ReadNode entry = {.index = index, .op = {}, .reason = nullptr, .through = {}};
    if (!dataflow.reach(*node)) {
      entry.reason = "its tensors are written out of order or twice";
    } else if (constants.unpacks(index)) {
      entry.op = unpacker_operator(context, constants, index, registration->builtin_code == tflite::kDensify);
    } else {
      entry.reason = read_node(context, constants, node, registration, index, &entry.op, &entry.through);
    }
    read.push_back(std::move(entry));
  }
  take_unpackers(context, constants, &read);
  std::vector<Operator> claimed;
  std::vector<int> nodes = {0};  // an IntArray: its size first
  engine->leave_nothing();
  for (ReadNode& entry : read) {
    if (entry.reason != nullptr) {
      engine->leave(entry.index, entry.reason);
      continue;
    }
    claimed.push_back(std::move(entry.op));
    nodes.push_back(entry.index);
  }
  nodes[0] = static_cast<int>(claimed.size());
  if (engine->claim(std::move(claimed)) != APPROX_OK) {
    context->ReportError(context, "%s", engine->error());
    return tflite::kError;
  }
  if (nodes[0] == 0) return tflite::kOk;
  return context->ReplaceNodeSubsetsWithDelegateKernels(context, partition_registration(),
                                                        reinterpret_cast<const IntArray*>(nodes.data()), delegate);
}

}  // namespace

void initialize_delegate(Engine* engine, tflite::Delegate* delegate) {
  *delegate = {};
  delegate->data = engine;
  delegate->Prepare = delegate_prepare;
}

}  // namespace approxlite
