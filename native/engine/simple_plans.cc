// Operators without knobs: elementwise, pools, mean, softmax, and those that only move data.
#include <cstring>

#include "engine/plan.h"

namespace approxlite {
namespace {

class SimplePlan : public Plan {
 public:
  explicit SimplePlan(const PlanContext& context) : op_(context.op), kernels_(context.kernels) {}

  void bind(const Addresses& addresses) override {
    for (size_t i = 0; i < op_.inputs.size() && i < 2; ++i) {
      inputs_[i] = addresses[static_cast<size_t>(op_.inputs[i])];
    }
    output_ = addresses[static_cast<size_t>(op_.output)];
  }

 protected:
  const Operator& op_;
  const KernelTable& kernels_;
  const float* inputs_[2] = {};
  float* output_ = nullptr;
};

class ElementwisePlan final : public SimplePlan {
 public:
  using SimplePlan::SimplePlan;

  void run() override {
    const Broadcast broadcast = op_.b_size == op_.size ? Broadcast::kSame
                                : op_.b_size == 1      ? Broadcast::kScalar
                                                       : Broadcast::kChannel;
    const Binary call = {inputs_[0],   inputs_[1],    broadcast,      op_.size,
                         op_.channels, op_.range.low, op_.range.high, output_};
    (op_.type == OperatorType::kAdd ? kernels_.add : kernels_.multiply)(call);
  }
};

class PoolPlan final : public SimplePlan {
 public:
  using SimplePlan::SimplePlan;

  void run() override {
    const Window& window = op_.window;
    const Pool call = {
        .input = inputs_[0],
        .height = op_.in.height,
        .width = op_.in.width,
        .channels = op_.in.channels,
        .filter_height = window.height,
        .filter_width = window.width,
        .stride_height = window.stride_height,
        .stride_width = window.stride_width,
        .pad_top = window.pad_top,
        .pad_left = window.pad_left,
        .output_height = op_.out.height,
        .output_width = op_.out.width,
        .low = op_.range.low,
        .high = op_.range.high,
        .output = output_,
    };
    (op_.type == OperatorType::kMaxPool2d ? kernels_.max_pool : kernels_.average_pool)(call);
  }
};

class SoftmaxPlan final : public SimplePlan {
 public:
  using SimplePlan::SimplePlan;

  void run() override {
    kernels_.softmax(inputs_[0], op_.size / static_cast<size_t>(op_.channels), op_.channels, op_.beta, output_);
  }
};

class ReshapePlan final : public SimplePlan {
 public:
  using SimplePlan::SimplePlan;

  void run() override { std::memcpy(output_, inputs_[0], sizeof(float) * op_.size); }
};

// Pad and strided slice: the part of a box that lies inside the source is copied, the rest is zero.
class BoxCopyPlan final : public SimplePlan {
 public:
  using SimplePlan::SimplePlan;

  void run() override {
    const BoxCopy& box = op_.box;
    const int* target = box.target_dims;
    float* out = output_;
    for (int a = 0; a < target[0]; ++a) {
      for (int b = 0; b < target[1]; ++b) {
        for (int c = 0; c < target[2]; ++c, out += target[3]) copy_innermost({a, b, c}, out);
      }
    }
  }

 private:
  struct Outer {
    int index[3];
  };

  void copy_innermost(const Outer& outer, float* out) const {
    const BoxCopy& box = op_.box;
    const int length = box.target_dims[3];
    size_t offset = 0;
    bool inside = true;
    for (int axis = 0; axis < 3; ++axis) {
      const int i = box.begin[axis] + outer.index[axis] * box.stride[axis];
      inside = inside && i >= 0 && i < box.source_dims[axis];
      offset = offset * static_cast<size_t>(box.source_dims[axis]) + static_cast<size_t>(i);
    }
    if (!inside) {
      std::memset(out, 0, sizeof(float) * static_cast<size_t>(length));
      return;
    }
    const float* source = inputs_[0] + offset * static_cast<size_t>(box.source_dims[3]);
    const int begin = box.begin[3], stride = box.stride[3];
    if (stride == 1) {
      const int left = begin < 0 ? -begin : 0;
      int end = box.source_dims[3] - begin;
      if (end > length) end = length;
      std::memset(out, 0, sizeof(float) * static_cast<size_t>(left));
      std::memcpy(out + left, source + begin + left, sizeof(float) * static_cast<size_t>(end - left));
      std::memset(out + end, 0, sizeof(float) * static_cast<size_t>(length - end));
      return;
    }
    for (int i = 0; i < length; ++i) out[i] = source[begin + i * stride];
  }
};

}  // namespace

std::unique_ptr<Plan> make_simple_plan(const PlanContext& context) {
  switch (context.op.type) {
    case OperatorType::kAdd:
    case OperatorType::kMul: return std::make_unique<ElementwisePlan>(context);
    case OperatorType::kSoftmax: return std::make_unique<SoftmaxPlan>(context);
    case OperatorType::kReshape: return std::make_unique<ReshapePlan>(context);
    case OperatorType::kPad:
    case OperatorType::kStridedSlice: return std::make_unique<BoxCopyPlan>(context);
    default: return std::make_unique<PoolPlan>(context);
  }
}

}  // namespace approxlite
