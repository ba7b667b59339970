// Tensors put side by side along an axis, and taken apart again. Seen from before the axis, the whole tensor is rows of
// one part per tensor.
#include "engine/data_movement.h"

namespace approxlite {
namespace {

class PartsPlan : public Plan {
 public:
  PartsPlan(const Operator& op, const TensorSpec& whole, size_t axis) : op_(op) {
    rows_ = 1;
    for (size_t i = 0; i < axis; ++i) rows_ *= static_cast<size_t>(whole.dims[i]);
  }

  void run(ThreadPool& pool) override {
    pool.split(static_cast<int>(rows_), pieces_worth_sharing(row_bytes_ / 4), [&](int begin, int end, int) {
      for (size_t p = 0; p < parts_.size(); ++p) {
        for (size_t row = static_cast<size_t>(begin); row < static_cast<size_t>(end); ++row) {
          move(p, whole_ + row * row_bytes_ + parts_[p].offset, parts_[p].address + row * parts_[p].bytes);
        }
      }
    });
  }

 protected:
  struct Part {
    size_t bytes, offset;  // of its rows, in rows of the whole
    uint8_t* address;
  };
  virtual void move(size_t part, uint8_t* in_whole, uint8_t* in_part) = 0;

  void add(const TensorSpec& spec, size_t element_bytes) {
    const size_t bytes = spec.size() / rows_ * element_bytes;
    parts_.push_back({bytes, row_bytes_, nullptr});
    row_bytes_ += bytes;
  }

  const Operator& op_;
  std::vector<Part> parts_;
  size_t rows_, row_bytes_ = 0;
  uint8_t* whole_ = nullptr;
};

class JoinPlan final : public PartsPlan {
 public:
  JoinPlan(const PlanContext& context, const PlanChoice& choice)
      : PartsPlan(context.op, context.op.outputs[0], static_cast<size_t>(context.op.axis)) {
    for (size_t i = 0; i < op_.inputs.size(); ++i) {
      arrivals_.emplace_back(context.kernels, choice.inputs[i], choice.output);
      add(op_.inputs[i], form_bytes(choice.output));
    }
  }

  void bind(const Addresses& addresses, uint8_t*) override {
    whole_ = address_of<uint8_t>(op_.outputs[0], addresses);
    for (size_t i = 0; i < parts_.size(); ++i) parts_[i].address = address_of<uint8_t>(op_.inputs[i], addresses);
  }

 private:
  void move(size_t part, uint8_t* in_whole, uint8_t* in_part) override {
    arrivals_[part].copy(in_part, parts_[part].bytes, in_whole);
  }

  std::vector<Arrival> arrivals_;
};

class SplitPlan final : public PartsPlan {
 public:
  SplitPlan(const PlanContext& context, const PlanChoice& choice)
      : PartsPlan(context.op, context.op.inputs[0], static_cast<size_t>(context.op.axis)),
        arrival_(context.kernels, choice.inputs[0], choice.output) {
    for (const TensorSpec& output : op_.outputs) add(output, form_bytes(choice.output));
  }

  void bind(const Addresses& addresses, uint8_t*) override {
    whole_ = address_of<uint8_t>(op_.inputs[0], addresses);
    for (size_t i = 0; i < parts_.size(); ++i) parts_[i].address = address_of<uint8_t>(op_.outputs[i], addresses);
  }

 private:
  void move(size_t part, uint8_t* in_whole, uint8_t* in_part) override {
    arrival_.copy(in_whole, parts_[part].bytes, in_part);
  }

  Arrival arrival_;
};

}  // namespace

std::unique_ptr<Plan> make_join_plan(const PlanContext& context, const PlanChoice& choice) {
  return std::make_unique<JoinPlan>(context, choice);
}

std::unique_ptr<Plan> make_split_plan(const PlanContext& context, const PlanChoice& choice) {
  return std::make_unique<SplitPlan>(context, choice);
}

}  // namespace approxlite
