// Operators that know floats only, on bytes: byte inputs become floats in scratch, and what the operator computes there
// is rounded once into the byte outputs.
#include "engine/elements.h"

namespace approxlite {
namespace {

constexpr size_t kAlignment = 64;

// One tensor of the operator that is bytes outside and floats inside.
struct Crossing {
  size_t tensor;  // inputs, then outputs, by place
  size_t size;
  Grid grid;
  size_t offset;  // of the floats in scratch
  uint8_t* bytes;
  float* floats;
};

// The same operator with its tensors numbered by place and all of them floats. Grids stay: weights may need them.
Operator renumbered(const Operator& op) {
  Operator inner = op;
  int next = 0;
  for (std::vector<TensorSpec>* tensors : {&inner.inputs, &inner.outputs}) {
    for (TensorSpec& spec : *tensors) {
      spec.number = next++;
      spec.type = ElementType::kFloat32;
      spec.data = nullptr;  // a constant comes by its address, unpacked as the others are
    }
  }
  return inner;
}

class ViaFloatPlan final : public Plan {
 public:
  ViaFloatPlan(const PlanContext& context, const PlanChoice& choice)
      : op_(context.op), kernels_(context.kernels), inner_op_(renumbered(context.op)) {
    PlanChoice inner = choice;
    for (size_t i = 0; i < op_.inputs.size(); ++i) {
      if (choice.inputs[i].bytes) add(i, op_.inputs[i], choice.inputs[i].grid, &inputs_);
      inner.inputs[i] = {};
    }
    for (size_t i = 0; i < op_.outputs.size(); ++i) {
      if (choice.output.bytes) add(op_.inputs.size() + i, op_.outputs[i], choice.output.grid, &outputs_);
    }
    inner.output = {};
    addresses_.resize(op_.inputs.size() + op_.outputs.size());
    plan_ = make_plan({inner_op_, context.addition, kernels_, context.weights, context.threads}, inner);
  }

  size_t scratch_bytes() const override { return floats_bytes_ + plan_->scratch_bytes(); }

  void bind(const Addresses& addresses, uint8_t* scratch) override {
    for (size_t i = 0; i < op_.inputs.size(); ++i) addresses_[i] = address_of<void>(op_.inputs[i], addresses);
    for (size_t i = 0; i < op_.outputs.size(); ++i) {
      addresses_[op_.inputs.size() + i] = address_of<void>(op_.outputs[i], addresses);
    }
    for (std::vector<Crossing>* crossings : {&inputs_, &outputs_}) {
      for (Crossing& crossing : *crossings) {
        crossing.bytes = static_cast<uint8_t*>(addresses_[crossing.tensor]);
        crossing.floats = reinterpret_cast<float*>(scratch + crossing.offset);
        addresses_[crossing.tensor] = crossing.floats;
      }
    }
    plan_->bind(addresses_, scratch + floats_bytes_);
  }

  void run(ThreadPool& pool) override {
    for (const Crossing& in : inputs_) {
      split_elements(pool, in.size, [&](size_t first, size_t count) {
        kernels_.dequantize(in.bytes + first, count, in.grid.scale, in.grid.zero_point, in.floats + first);
      });
    }
    plan_->run(pool);
    for (const Crossing& out : outputs_) {
      split_elements(pool, out.size, [&](size_t first, size_t count) {
        kernels_.quantize(out.floats + first, count, 1.0f / out.grid.scale, out.grid.zero_point, out.bytes + first);
      });
    }
  }

  size_t bytes() const override { return plan_->bytes(); }

 private:
  void add(size_t place, const TensorSpec& spec, const Grid& grid, std::vector<Crossing>* crossings) {
    crossings->push_back({place, spec.size(), grid, floats_bytes_, nullptr, nullptr});
    const size_t bytes = spec.size() * sizeof(float) + kReadSlackBytes;
    floats_bytes_ += (bytes + kAlignment - 1) / kAlignment * kAlignment;
  }

  const Operator& op_;
  const KernelTable& kernels_;
  const Operator inner_op_;
  std::vector<Crossing> inputs_, outputs_;
  size_t floats_bytes_ = 0;
  Addresses addresses_;
  std::unique_ptr<Plan> plan_;
};

}  // namespace

std::unique_ptr<Plan> make_via_float_plan(const PlanContext& context, const PlanChoice& choice) {
  return std::make_unique<ViaFloatPlan>(context, choice);
}

}  // namespace approxlite
