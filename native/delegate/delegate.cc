#include "delegate/delegate.h"

#include <cstring>
#include <memory>

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

std::vector<int> to_vector(const IntArray* array) { return {array->data, array->data + array->size}; }

// What a node of the runtime that stands for a partition owns.
struct PartitionNode {
  Engine* engine;
  std::unique_ptr<Partition> partition;
};

void* partition_init(Context* context, const char* buffer, size_t) {
  const auto* params = reinterpret_cast<const tflite::DelegateParams*>(buffer);
  Engine* engine = engine_of(params->delegate);
  std::vector<Operator> operators;
  std::vector<std::pair<int, const float*>> constants;
  for (const int index : to_vector(params->nodes_to_replace)) {
    const Operator* op = engine->claimed(index);
    if (op == nullptr) return nullptr;
    operators.push_back(*op);
    for (const int tensor : op->inputs) {
      const tflite::Tensor& view = context->tensors[tensor];
      if (constant(view)) constants.emplace_back(tensor, static_cast<const float*>(view.data));
    }
  }
  std::vector<int> inputs;
  for (const int tensor : to_vector(params->input_tensors)) {
    if (tensor >= 0 && !constant(context->tensors[tensor])) inputs.push_back(tensor);
  }
  auto node = std::make_unique<PartitionNode>();
  node->engine = engine;
  node->partition = std::make_unique<Partition>(std::move(operators), inputs, to_vector(params->output_tensors),
                                                constants, context->tensors_size, engine->kernels());
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
  owned->engine->prepare_ladder();
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
    partition.place(tensor, static_cast<float*>(data));
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
  for (const int index : order) {
    if (context->GetNodeAndRegistration(context, index, &node, &registration) != tflite::kOk) return tflite::kError;
    dataflow.add(*node);
  }
  std::vector<Operator> claimed;
  std::vector<int> nodes = {0};  // an IntArray: its size first
  for (const int index : order) {
    if (context->GetNodeAndRegistration(context, index, &node, &registration) != tflite::kOk) return tflite::kError;
    Operator op;
    if (!dataflow.reach(*node) || !read_node(context, node, registration, index, &op)) continue;
    claimed.push_back(std::move(op));
    nodes.push_back(index);
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
