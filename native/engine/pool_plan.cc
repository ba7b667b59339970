// Average and max pools, and means over rows and columns, on floats or bytes.
#include <algorithm>
#include <cmath>

#include "engine/int8_steps.h"
#include "engine/plan.h"

namespace approxlite {
namespace {

class PoolPlan final : public Plan {
 public:
  PoolPlan(const PlanContext& context, const PlanChoice& choice)
      : op_(context.op), kernels_(context.kernels), from_(choice.inputs[0]), to_(choice.output) {
    const int64_t window = int64_t{op_.window.height} * op_.window.width;
    const int64_t per_row = std::max<int64_t>(1, static_cast<int64_t>(op_.out.width) * op_.out.channels * window);
    grain_ = static_cast<int>(std::min<int64_t>(kWorthSharing / per_row + 1, op_.out.height));
    if (is_max() && from_.bytes && !(from_ == to_)) {
      for (int q = 0; q < 256; ++q) {
        const float real = from_.grid.scale * static_cast<float>(q - from_.grid.zero_point);
        const float y = std::nearbyint(real / to_.grid.scale) + static_cast<float>(to_.grid.zero_point);
        table_[q] = static_cast<uint8_t>(std::clamp(y, 0.0f, 255.0f));
      }
    }
  }

  void bind(const Addresses& addresses, uint8_t*) override {
    input_ = addresses[static_cast<size_t>(op_.inputs[0].number)];
    output_ = addresses[static_cast<size_t>(op_.outputs[0].number)];
  }

  void run(ThreadPool& pool) override {
    pool.split(op_.out.height, grain_, [this](int begin, int end, int) {
      if (from_.bytes) {
        run_bytes(begin, end);
      } else {
        run_floats(begin, end);
      }
    });
  }

 private:
  bool is_max() const { return op_.type == OperatorType::kMaxPool2d; }

  // What floats and bytes have in common: output rows from `begin` up to `end`.
  template <class Call, class T>
  Call rows(int begin, int end, const T* input, T* output) const {
    const Window& window = op_.window;
    Call call = {};
    call.input = input;
    call.height = op_.in.height;
    call.width = op_.in.width;
    call.channels = op_.in.channels;
    call.filter_height = window.height;
    call.filter_width = window.width;
    call.stride_height = window.stride_height;
    call.stride_width = window.stride_width;
    call.pad_top = window.pad_top - begin * window.stride_height;
    call.pad_left = window.pad_left;
    call.output_height = end - begin;
    call.output_width = op_.out.width;
    call.output = output + row_size() * static_cast<size_t>(begin);
    return call;
  }

  size_t row_size() const { return static_cast<size_t>(op_.out.width) * static_cast<size_t>(op_.out.channels); }

  void run_floats(int begin, int end) const {
    Pool call = rows<Pool>(begin, end, static_cast<const float*>(input_), static_cast<float*>(output_));
    call.low = op_.range.low;
    call.high = op_.range.high;
    (is_max() ? kernels_.max_pool : kernels_.average_pool)(call);
  }

  void run_bytes(int begin, int end) const {
    PoolBytes call = rows<PoolBytes>(begin, end, static_cast<const uint8_t*>(input_), static_cast<uint8_t*>(output_));
    // A max pool writes its input's grid, which a table then turns into the output's.
    const Range range = range_in(op_.range, is_max() ? from_ : to_);
    call.low = std::max(range.low, 0.0f);
    call.high = std::min(range.high, 255.0f);
    call.zero_point = from_.grid.zero_point;
    call.scale = from_.grid.scale / to_.grid.scale;
    call.bias = static_cast<float>(to_.grid.zero_point);
    // A pool (not a mean) of one grid is what the runtime does in integers of the model's own type, and so do we.
    call.same_grid = op_.type == OperatorType::kAveragePool2d && from_ == to_;
    call.halves_from = op_.inputs[0].type == ElementType::kUInt8 ? 0 : 128;
    (is_max() ? kernels_.max_pool_bytes : kernels_.average_pool_bytes)(call);
    if (is_max() && !(from_ == to_)) {
      kernels_.lookup(call.output, row_size() * static_cast<size_t>(end - begin), table_, call.output);
    }
  }

  const Operator& op_;
  const KernelTable& kernels_;
  const Form from_, to_;
  int grain_;
  uint8_t table_[256];
  const void* input_ = nullptr;
  void* output_ = nullptr;
};

}  // namespace

// Quantised models may change the type of a mean or pool only with their input's; floats and bytes never mix in one.
std::unique_ptr<Plan> make_pool_plan(const PlanContext& context, const PlanChoice& choice) {
  if (choice.inputs[0].bytes != choice.output.bytes) return make_via_float_plan(context, choice);
  return std::make_unique<PoolPlan>(context, choice);
}

}  // namespace approxlite
