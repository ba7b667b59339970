// Batch matmul: both sides are activations, so the right one is packed as weights are, anew in every run.
#include <algorithm>
#include <cassert>

#include "engine/conv_sharing.h"
#include "engine/plan.h"

namespace approxlite {
namespace {

// [rows][columns] to [columns][rows].
void transpose(const float* from, int rows, int columns, float* to) {
  constexpr int kBlock = 16;  // both sides of a block stay in the nearest cache
  for (int first = 0; first < columns; first += kBlock) {
    const int end = std::min(first + kBlock, columns);
    for (int row = 0; row < rows; ++row) {
      for (int column = first; column < end; ++column) {
        to[static_cast<size_t>(column) * rows + row] = from[static_cast<size_t>(row) * columns + column];
      }
    }
  }
}

class BatchMatmulPlan final : public Plan {
 public:
  explicit BatchMatmulPlan(const PlanContext& context)
      : op_(context.op), kernels_(context.kernels), threads_(context.threads) {
    const std::vector<int>& a = op_.inputs[0].dims;
    const std::vector<int>& out = op_.outputs[0].dims;
    assert(out.size() >= 2 && a.size() >= 2 && op_.inputs[1].dims.size() >= 2);
    rows_ = out[out.size() - 2];
    outputs_ = out[out.size() - 1];
    k_ = a[a.size() - (op_.adjoint_a ? 2 : 1)];
    batches_ = 1;
    for (size_t i = 0; i + 2 < out.size(); ++i) batches_ *= out[i];
    for (int batch = 0; batch < batches_; ++batch) {
      a_places_.push_back(place(op_.inputs[0].dims, batch));
      b_places_.push_back(place(op_.inputs[1].dims, batch));
    }
    for (int row = 0; row < rows_; ++row) pixels_.push_back(row);
  }

  size_t scratch_bytes() const override {
    return part_bytes() * static_cast<size_t>(parts()) + kernel_scratch_bytes() * static_cast<size_t>(threads_);
  }

  void bind(const Addresses& addresses, uint8_t* scratch) override {
    a_ = address(addresses, op_.inputs[0]);
    b_ = address(addresses, op_.inputs[1]);
    output_ = static_cast<float*>(addresses[static_cast<size_t>(op_.outputs[0].number)]);
    scratch_ = scratch;
  }

  // Many products are shared whole, one is shared by rows.
  void run(ThreadPool& pool) override {
    if (batches_ > 1) {
      const int64_t work = int64_t{rows_} * outputs_ * k_;
      pool.split(batches_, static_cast<int>(kWorthSharing / std::max<int64_t>(1, work)) + 1,
                 [this](int begin, int end, int thread) {
                   for (int batch = begin; batch < end; ++batch) {
                     const ConvFloat call = prepare(batch, thread);
                     multiply(call, 0, rows_, thread);
                   }
                 });
      return;
    }
    const ConvFloat call = prepare(0, 0);
    pool.split(rows_, pixels_worth_sharing(rows_, k_, outputs_, threads_),
               [&](int begin, int end, int thread) { multiply(call, begin, end, thread); });
  }

  size_t bytes() const override {
    return sizeof(size_t) * (a_places_.size() + b_places_.size()) + sizeof(int32_t) * pixels_.size();
  }

 private:
  static const float* address(const Addresses& addresses, const TensorSpec& spec) {
    const void* const at = spec.constant() ? spec.data : addresses[static_cast<size_t>(spec.number)];
    return static_cast<const float*>(at);
  }

  // Where the matrix of an operand begins that meets matrix `batch` of the output. Axes of size one serve all.
  size_t place(const std::vector<int>& dims, int batch) const {
    const std::vector<int>& out = op_.outputs[0].dims;
    size_t stride = static_cast<size_t>(dims[dims.size() - 1]) * static_cast<size_t>(dims[dims.size() - 2]);
    size_t at = 0;
    for (size_t i = 2; i < out.size(); ++i) {
      const int index = batch % out[out.size() - 1 - i];
      batch /= out[out.size() - 1 - i];
      if (i >= dims.size()) continue;
      const int size = dims[dims.size() - 1 - i];
      if (size > 1) at += static_cast<size_t>(index) * stride;
      stride *= static_cast<size_t>(size);
    }
    return at;
  }

  // As many threads as prepare products of their own.
  int parts() const { return batches_ > 1 ? threads_ : 1; }
  size_t packed_bytes() const {
    return in_whole_lines(kernels_.conv_float_packed_bytes(k_, outputs_) + kReadSlackBytes);
  }
  size_t right_bytes() const { return op_.adjoint_b ? 0 : in_whole_lines(sizeof(float) * k_ * outputs_); }
  size_t left_bytes() const { return op_.adjoint_a ? in_whole_lines(sizeof(float) * k_ * rows_) : 0; }
  size_t part_bytes() const { return packed_bytes() + right_bytes() + left_bytes(); }
  size_t kernel_scratch_bytes() const { return in_whole_lines(kernels_.conv_scratch_bytes(1)); }

  // Packs the right operand and, where it lies the other way round, transposes the left one.
  ConvFloat prepare(int batch, int part) const {
    uint8_t* const packed = scratch_ + static_cast<size_t>(part) * part_bytes();
    const float* a = a_ + a_places_[static_cast<size_t>(batch)];
    const float* b = b_ + b_places_[static_cast<size_t>(batch)];
    if (!op_.adjoint_b) {
      float* const turned = reinterpret_cast<float*>(packed + packed_bytes());
      transpose(b, k_, outputs_, turned);
      b = turned;
    }
    if (op_.adjoint_a) {
      float* const turned = reinterpret_cast<float*>(packed + packed_bytes() + right_bytes());
      transpose(a, k_, rows_, turned);
      a = turned;
    }
    kernels_.conv_float_pack(b, nullptr, k_, outputs_, packed);
    return {
        .windows = {.input = a,
                    .padding = a,
                    .height = 1,
                    .width = rows_,
                    .pixel_bytes = sizeof(float) * static_cast<size_t>(k_),
                    .taps_high = 1,
                    .taps_wide = 1,
                    .stride_height = 1,
                    .stride_width = 1,
                    .dilation_height = 1,
                    .dilation_width = 1,
                    .grid = {pixels_.data(), 1, pixels_.data(), rows_},
                    .output_width = rows_},
        .channels = k_,
        .packed = packed,
        .output_channels = outputs_,
        .low = op_.range.low,
        .high = op_.range.high,
        .addend = nullptr,
        .output = output_ + static_cast<size_t>(batch) * static_cast<size_t>(rows_) * static_cast<size_t>(outputs_),
    };
  }

  void multiply(ConvFloat call, int begin, int end, int thread) const {
    call.begin = begin;
    call.end = end;
    call.scratch =
        scratch_ + part_bytes() * static_cast<size_t>(parts()) + kernel_scratch_bytes() * static_cast<size_t>(thread);
    kernels_.conv_float(call);
  }

  const Operator& op_;
  const KernelTable& kernels_;
  const int threads_;
  int rows_, outputs_, k_, batches_;
  std::vector<size_t> a_places_, b_places_;
  std::vector<int32_t> pixels_;
  const float* a_ = nullptr;
  const float* b_ = nullptr;
  float* output_ = nullptr;
  uint8_t* scratch_ = nullptr;
};

}  // namespace

std::unique_ptr<Plan> make_batch_matmul_plan(const PlanContext& context, const PlanChoice&) {
  return std::make_unique<BatchMatmulPlan>(context);
}

}  // namespace approxlite
