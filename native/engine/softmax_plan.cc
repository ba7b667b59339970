#include "engine/elements.h"

namespace approxlite {
namespace {

// Over the last axis.
class SoftmaxPlan final : public Plan {
 public:
  explicit SoftmaxPlan(const PlanContext& context)
      : op_(context.op),
        kernels_(context.kernels),
        channels_(op_.outputs[0].dims.empty() ? 1 : op_.outputs[0].dims.back()),
        rows_(static_cast<int>(op_.outputs[0].size() / static_cast<size_t>(channels_))) {}

  void bind(const Addresses& addresses, uint8_t*) override {
    x_ = address_of<const float>(op_.inputs[0], addresses);
    y_ = address_of<float>(op_.outputs[0], addresses);
  }

  void run(ThreadPool& pool) override {
    // An exponential costs about as much as ten elements of a copy.
    const int grain = pieces_worth_sharing(10 * static_cast<size_t>(channels_));
    pool.split(rows_, grain, [&](int begin, int end, int) {
      const size_t first = static_cast<size_t>(begin) * static_cast<size_t>(channels_);
      kernels_.softmax(x_ + first, static_cast<size_t>(end - begin), channels_, op_.beta, y_ + first);
    });
  }

 private:
  const Operator& op_;
  const KernelTable& kernels_;
  int channels_, rows_;
  const float* x_ = nullptr;
  float* y_ = nullptr;
};

}  // namespace

std::unique_ptr<Plan> make_softmax_plan(const PlanContext& context, const PlanChoice& choice) {
  if (choice.inputs[0].bytes || choice.output.bytes) return make_via_float_plan(context, choice);
  return std::make_unique<SoftmaxPlan>(context);
}

}  // namespace approxlite
