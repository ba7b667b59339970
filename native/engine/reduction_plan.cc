// Sums and means over any axes. Every sum starts at zero and takes its values in the order they lie in the input;
// vectors run across results only.
#include "engine/elements.h"

namespace approxlite {
namespace {

// Neighbouring axes that are all summed over, or all kept.
struct Group {
  size_t size;
  bool reduced;
};

std::vector<Group> groups_of(const Operator& op) {
  const std::vector<int>& dims = op.inputs[0].dims;
  std::vector<Group> groups;
  for (size_t axis = 0; axis < dims.size(); ++axis) {
    if (dims[axis] == 1) continue;
    const bool reduced = std::find(op.axes.begin(), op.axes.end(), static_cast<int>(axis)) != op.axes.end();
    if (!groups.empty() && groups.back().reduced == reduced) {
      groups.back().size *= static_cast<size_t>(dims[axis]);
    } else {
      groups.push_back({static_cast<size_t>(dims[axis]), reduced});
    }
  }
  return groups;
}

// Where in the input each index of the groups that are `reduced` (or not) starts, the last group left out.
std::vector<size_t> offsets_of(const std::vector<Group>& groups, bool reduced) {
  std::vector<size_t> offsets = {0};
  size_t after = 1;
  for (const Group& group : groups) after *= group.size;
  for (size_t g = 0; g + 1 < groups.size(); ++g) {
    after /= groups[g].size;
    if (groups[g].reduced != reduced) continue;
    std::vector<size_t> next;
    for (const size_t offset : offsets) {
      for (size_t i = 0; i < groups[g].size; ++i) next.push_back(offset + i * after);
    }
    offsets = std::move(next);
  }
  return offsets;
}

class ReductionPlan final : public Plan {
 public:
  explicit ReductionPlan(const PlanContext& context) : op_(context.op) {
    std::vector<Group> groups = groups_of(op_);
    if (groups.empty()) groups.push_back({1, false});
    size_t summed = 1;
    for (const Group& group : groups) summed *= group.reduced ? group.size : 1;
    count_ = static_cast<float>(summed);
    kept_ = offsets_of(groups, false);
    reduced_ = offsets_of(groups, true);
    last_ = groups.back();
  }

  void bind(const Addresses& addresses, uint8_t*) override {
    x_ = address_of<const float>(op_.inputs[0], addresses);
    y_ = address_of<float>(op_.outputs[0], addresses);
  }

  void run(ThreadPool& pool) override { last_.reduced ? sum_runs(pool) : sum_rows(pool); }

  size_t bytes() const override { return (kept_.size() + reduced_.size()) * sizeof(size_t); }

 private:
  // Results that stay in the nearest cache while everything is added to them.
  static constexpr size_t kResultsAtOnce = 1024;

  float finished(float sum) const {
    const float y = op_.type == OperatorType::kMean ? sum / count_ : sum;
    const float least = op_.range.low > y ? op_.range.low : y;
    return op_.range.high < least ? op_.range.high : least;
  }

  // The innermost axes are kept: whole rows are added to rows of results.
  void sum_rows(ThreadPool& pool) {
    const size_t parts = (last_.size + kResultsAtOnce - 1) / kResultsAtOnce;
    const size_t work = std::min(last_.size, kResultsAtOnce) * reduced_.size();
    pool.split(static_cast<int>(kept_.size() * parts), pieces_worth_sharing(work), [&](int begin, int end, int) {
      for (int i = begin; i < end; ++i) {
        const size_t row = static_cast<size_t>(i) / parts, first = static_cast<size_t>(i) % parts * kResultsAtOnce;
        const size_t size = std::min(last_.size - first, kResultsAtOnce);
        const float* __restrict x = x_ + kept_[row] + first;
        float* __restrict y = y_ + row * last_.size + first;
        std::fill_n(y, size, 0.0f);
        for (const size_t offset : reduced_) {
          for (size_t c = 0; c < size; ++c) y[c] = y[c] + x[offset + c];
        }
        for (size_t c = 0; c < size; ++c) y[c] = finished(y[c]);
      }
    });
  }

  // The innermost axes are summed over. Several results at a time, because each addition waits for the one before it.
  void sum_runs(ThreadPool& pool) {
    constexpr size_t kSums = 8;
    const int results = static_cast<int>(kept_.size());
    pool.split(results, pieces_worth_sharing(last_.size * reduced_.size()), [&](int begin, int end, int) {
      for (size_t first = static_cast<size_t>(begin); first < static_cast<size_t>(end); first += kSums) {
        const size_t sums = std::min(kSums, static_cast<size_t>(end) - first);
        const float* x[kSums];
        // Past the last result the first is summed again; nobody looks.
        for (size_t s = 0; s < kSums; ++s) x[s] = x_ + kept_[first + (s < sums ? s : 0)];
        float sum[kSums] = {};
        for (const size_t offset : reduced_) {
          for (size_t i = 0; i < last_.size; ++i) {
            for (size_t s = 0; s < kSums; ++s) sum[s] = sum[s] + x[s][offset + i];
          }
        }
        for (size_t s = 0; s < sums; ++s) y_[first + s] = finished(sum[s]);
      }
    });
  }

  const Operator& op_;
  std::vector<size_t> kept_, reduced_;
  Group last_;
  float count_;
  const float* x_ = nullptr;
  float* y_ = nullptr;
};

}  // namespace

std::unique_ptr<Plan> make_reduction_plan(const PlanContext& context, const PlanChoice& choice) {
  if (choice.inputs[0].bytes || choice.output.bytes) return make_via_float_plan(context, choice);
  return std::make_unique<ReductionPlan>(context);
}

}  // namespace approxlite
