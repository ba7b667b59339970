// Quantize and dequantize, in terms of our own forms: from floats to bytes, back, and from one grid to another.
#include "engine/elements.h"

namespace approxlite {
namespace {

class TypePlan final : public Plan {
 public:
  TypePlan(const PlanContext& context, const PlanChoice& choice)
      : op_(context.op), kernels_(context.kernels), from_(choice.inputs[0]), to_(choice.output) {
    if (from_.bytes && to_.bytes) table_ = regrid_table(from_.grid, to_.grid);
  }

  void bind(const Addresses& addresses, uint8_t*) override {
    x_ = address_of<const uint8_t>(op_.inputs[0], addresses);
    y_ = address_of<uint8_t>(op_.outputs[0], addresses);
  }

  void run(ThreadPool& pool) override {
    if (from_ == to_ && x_ == y_) return;
    split_elements(pool, op_.outputs[0].size(), [&](size_t first, size_t count) {
      const uint8_t* x = x_ + first * form_bytes(from_);
      uint8_t* y = y_ + first * form_bytes(to_);
      if (from_ == to_) {
        std::memcpy(y, x, count * form_bytes(to_));
      } else if (from_.bytes && to_.bytes) {
        kernels_.lookup(x, count, table_.values, y);
      } else if (from_.bytes) {
        kernels_.dequantize(x, count, from_.grid.scale, from_.grid.zero_point, reinterpret_cast<float*>(y));
      } else {
        kernels_.quantize(reinterpret_cast<const float*>(x), count, 1.0f / to_.grid.scale, to_.grid.zero_point, y);
      }
    });
  }

  size_t bytes() const override { return sizeof table_; }

 private:
  const Operator& op_;
  const KernelTable& kernels_;
  Form from_, to_;
  ByteTable table_ = {};
  const uint8_t* x_ = nullptr;
  uint8_t* y_ = nullptr;
};

}  // namespace

std::unique_ptr<Plan> make_type_plan(const PlanContext& context, const PlanChoice& choice) {
  return std::make_unique<TypePlan>(context, choice);
}

}  // namespace approxlite
