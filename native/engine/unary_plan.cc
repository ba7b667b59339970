// One operand: floats by the kernel, bytes through a table of all their results.
#include "engine/elements.h"

namespace approxlite {
namespace {

UnaryOp unary_op(OperatorType type) {
  switch (type) {
    case OperatorType::kAbs: return UnaryOp::kAbs;
    case OperatorType::kNeg: return UnaryOp::kNeg;
    case OperatorType::kSqrt: return UnaryOp::kSqrt;
    case OperatorType::kRsqrt: return UnaryOp::kRsqrt;
    case OperatorType::kSquare: return UnaryOp::kSquare;
    case OperatorType::kExp: return UnaryOp::kExp;
    case OperatorType::kLogistic: return UnaryOp::kLogistic;
    case OperatorType::kTanh: return UnaryOp::kTanh;
    case OperatorType::kHardSwish: return UnaryOp::kHardSwish;
    default: return UnaryOp::kClamp;
  }
}

// The range of an operator that is a clamp, within the operator's own.
Range range_of(const Operator& op) {
  Range range = op.range;
  if (op.type == OperatorType::kReluN1To1) {
    range.low = std::max(range.low, -1.0f);
  } else if (op.type == OperatorType::kRelu || op.type == OperatorType::kRelu6) {
    range.low = std::max(range.low, 0.0f);
  }
  if (op.type == OperatorType::kRelu6) range.high = std::min(range.high, 6.0f);
  if (op.type == OperatorType::kReluN1To1) range.high = std::min(range.high, 1.0f);
  return range;
}

// Hands out what is to be computed: all elements, or the rows somebody reads.
class UnaryPlan : public Plan {
 public:
  UnaryPlan(const PlanContext& context, const PlanChoice& choice, int unit = 1)
      : op_(context.op),
        kernels_(context.kernels),
        demanded_(demanded_rows(choice.demand, context.op.outputs[0])),
        unit_(static_cast<size_t>(unit)) {}

  void bind(const Addresses& addresses, uint8_t*) override {
    x_ = address_of<const void>(op_.inputs[0], addresses);
    y_ = address_of<void>(op_.outputs[0], addresses);
  }

  void run(ThreadPool& pool) override {
    const size_t size = op_.outputs[0].size();
    if (demanded_.empty()) {
      // In blocks of a few thousand elements, whole units each.
      const size_t block = std::max<size_t>(1, 4096 / unit_) * unit_;
      const int blocks = static_cast<int>((size + block - 1) / block);
      pool.split(blocks, pieces_worth_sharing(block), [&](int begin, int end, int) {
        const size_t first = static_cast<size_t>(begin) * block;
        compute(first, std::min(size, static_cast<size_t>(end) * block) - first);
      });
      return;
    }
    const size_t row = size / static_cast<size_t>(op_.outputs[0].dims[1]);
    pool.split(static_cast<int>(demanded_.size()), pieces_worth_sharing(row), [&](int begin, int end, int) {
      for (int i = begin; i < end; ++i) {
        compute(static_cast<size_t>(demanded_[static_cast<size_t>(i)]) * row, row);
      }
    });
  }

  size_t bytes() const override { return demanded_.size() * sizeof(int32_t); }

 protected:
  virtual void compute(size_t first, size_t count) = 0;

  const Operator& op_;
  const KernelTable& kernels_;
  const void* x_ = nullptr;
  void* y_ = nullptr;

 private:
  std::vector<int32_t> demanded_;
  size_t unit_;
};

class UnaryFloatPlan final : public UnaryPlan {
 public:
  UnaryFloatPlan(const PlanContext& context, const PlanChoice& choice)
      : UnaryPlan(context, choice), unary_op_(unary_op(op_.type)), range_(range_of(op_)) {}

 private:
  void compute(size_t first, size_t count) override {
    kernels_.unary(unary_op_, static_cast<const float*>(x_) + first, count, range_.low, range_.high,
                   static_cast<float*>(y_) + first);
  }

  UnaryOp unary_op_;
  Range range_;
};

class UnaryBytesPlan final : public UnaryPlan {
 public:
  UnaryBytesPlan(const PlanContext& context, const PlanChoice& choice)
      : UnaryPlan(context, choice), table_(byte_table(choice.inputs[0].grid, choice.output.grid, [&](float* real) {
          const Range range = range_of(op_);
          kernels_.unary(unary_op(op_.type), real, 256, range.low, range.high, real);
        })) {}
  size_t bytes() const override { return UnaryPlan::bytes() + sizeof table_; }

 private:
  void compute(size_t first, size_t count) override {
    kernels_.lookup(static_cast<const uint8_t*>(x_) + first, count, table_.values, static_cast<uint8_t*>(y_) + first);
  }

  ByteTable table_;
};

class PreluPlan final : public UnaryPlan {
 public:
  PreluPlan(const PlanContext& context, const PlanChoice& choice)
      : UnaryPlan(context, choice, static_cast<int>(context.op.slope.size())) {}

 private:
  void compute(size_t first, size_t count) override {
    kernels_.prelu(static_cast<const float*>(x_) + first, op_.slope.data(), count, static_cast<int>(op_.slope.size()),
                   static_cast<float*>(y_) + first);
  }
};

}  // namespace

std::unique_ptr<Plan> make_unary_plan(const PlanContext& context, const PlanChoice& choice) {
  const bool x = choice.inputs[0].bytes, y = choice.output.bytes, prelu = context.op.type == OperatorType::kPrelu;
  if (!x && !y) {
    if (prelu) return std::make_unique<PreluPlan>(context, choice);
    return std::make_unique<UnaryFloatPlan>(context, choice);
  }
  if (x && y && !prelu) return std::make_unique<UnaryBytesPlan>(context, choice);
  return make_via_float_plan(context, choice);
}

}  // namespace approxlite
