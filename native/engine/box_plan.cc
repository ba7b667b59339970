// Pads and slices: a box of the input put into the output, with something around it.
#include "engine/data_movement.h"

namespace approxlite {
namespace {

constexpr int32_t kOutside = -1;

// Which source index target i of an axis reads, kOutside for the filling.
int32_t source_of(const BoxCopy& box, int axis, int i) {
  const int size = box.source_dims[axis];
  int at = box.begin[axis] + i * box.stride[axis];
  if (at >= 0 && at < size) return at;
  switch (box.outside) {
    case BoxCopy::Outside::kFill: return kOutside;
    case BoxCopy::Outside::kReflect: return at < 0 ? -at : 2 * (size - 1) - at;
    case BoxCopy::Outside::kSymmetric: return at < 0 ? -at - 1 : 2 * size - 1 - at;
  }
  return kOutside;
}

std::vector<int32_t> sources_of(const BoxCopy& box, int axis) {
  std::vector<int32_t> sources;
  for (int i = 0; i < box.target_dims[axis]; ++i) sources.push_back(source_of(box, axis, i));
  return sources;
}

class BoxPlan final : public Plan {
 public:
  BoxPlan(const PlanContext& context, const PlanChoice& choice)
      : op_(context.op), arrival_(context.kernels, choice.inputs[0], choice.output) {
    const BoxCopy& box = op_.box;
    element_bytes_ = arrival_.element_bytes();
    if (choice.output.bytes) {
      std::memset(fill_, byte_of(box.fill, choice.inputs[0].grid), sizeof fill_);
    } else {
      std::memcpy(fill_, &box.fill, sizeof fill_);
    }
    // Innermost axes that are copied whole make up one long element.
    int axis = kMaxRank - 1;
    element_count_ = 1;
    for (; axis > 0 && whole(axis); --axis) element_count_ *= static_cast<size_t>(box.target_dims[axis]);
    inner_ = axis;
    sources_ = sources_of(box, inner_);
    find_segments();
    find_outer();
  }

  void bind(const Addresses& addresses, uint8_t*) override {
    x_ = address_of<const uint8_t>(op_.inputs[0], addresses);
    y_ = address_of<uint8_t>(op_.outputs[0], addresses);
  }

  void run(ThreadPool& pool) override {
    const size_t unit = element_count_ * element_bytes_;
    const size_t row_bytes = sources_.size() * unit;
    pool.split(static_cast<int>(rows_), pieces_worth_sharing(row_bytes / 4), [&](int begin, int end, int) {
      for (int i = begin; i < end; ++i) {
        uint8_t* to = y_ + static_cast<size_t>(i) * row_bytes;
        size_t source = 0;
        if (find_source_row(static_cast<size_t>(i), &source)) {
          copy_row(x_ + source * static_cast<size_t>(op_.box.source_dims[inner_]) * unit, unit, to);
        } else {
          fill(to, row_bytes);
        }
      }
      arrival_.finish(y_ + static_cast<size_t>(begin) * row_bytes, static_cast<size_t>(end - begin) * row_bytes);
    });
  }

  size_t bytes() const override {
    size_t total = segments_.size() * sizeof(Segment) + sources_.size() * sizeof(int32_t);
    for (const Outer& axis : outer_) total += axis.sources.size() * sizeof(int32_t);
    return total;
  }

 private:
  // Neighbours in the innermost axis that come from neighbours, or are all filled.
  struct Segment {
    size_t target, count;
    int32_t source;
  };

  // An axis outside of the innermost, and how many rows of the source lie between its indices.
  struct Outer {
    std::vector<int32_t> sources;
    size_t step;
  };

  bool whole(int axis) const {
    const BoxCopy& box = op_.box;
    return box.begin[axis] == 0 && (box.stride[axis] == 1 || box.target_dims[axis] == 1) &&
           box.source_dims[axis] == box.target_dims[axis];
  }

  void find_segments() {
    for (size_t i = 0; i < sources_.size(); ++i) {
      if (i > 0) {
        Segment& last = segments_.back();
        const int32_t next = last.source == kOutside ? kOutside : last.source + static_cast<int32_t>(last.count);
        if (sources_[i] == next) {
          ++last.count;
          continue;
        }
      }
      segments_.push_back({i, 1, sources_[i]});
    }
    scattered_ = element_count_ == 1 && segments_.size() * 4 > sources_.size() &&
                 std::find(sources_.begin(), sources_.end(), kOutside) == sources_.end();
  }

  // Innermost first, without those that are one index deep on both sides.
  void find_outer() {
    const BoxCopy& box = op_.box;
    size_t step = 1;
    for (int axis = inner_; axis-- > 0;) {
      const bool flat = box.source_dims[axis] == 1 && box.target_dims[axis] == 1 && box.begin[axis] == 0;
      if (!flat) outer_.push_back({sources_of(box, axis), step});
      step *= static_cast<size_t>(box.source_dims[axis]);
    }
    rows_ = 1;
    for (const Outer& axis : outer_) rows_ *= axis.sources.size();
  }

  // Rows are everything outside of the innermost axis. False if the row lies outside of the source.
  bool find_source_row(size_t row, size_t* source) const {
    size_t from = 0;
    for (const Outer& axis : outer_) {
      const int32_t at = axis.sources[row % axis.sources.size()];
      if (at == kOutside) return false;
      row /= axis.sources.size();
      from += static_cast<size_t>(at) * axis.step;
    }
    *source = from;
    return true;
  }

  void copy_row(const uint8_t* from, size_t unit, uint8_t* to) const {
    if (scattered_) return element_bytes_ == 4 ? gather<4>(from, to) : gather<1>(from, to);
    for (const Segment& segment : segments_) {
      if (segment.source == kOutside) {
        fill(to + segment.target * unit, segment.count * unit);
      } else {
        std::memcpy(to + segment.target * unit, from + static_cast<size_t>(segment.source) * unit,
                    segment.count * unit);
      }
    }
  }

  template <size_t kBytes>
  void gather(const uint8_t* from, uint8_t* to) const {
    for (const int32_t source : sources_) {
      std::memcpy(to, from + static_cast<size_t>(source) * kBytes, kBytes);
      to += kBytes;
    }
  }

  void fill(uint8_t* to, size_t bytes) const {
    if (element_bytes_ == 1) {
      std::memset(to, fill_[0], bytes);
    } else {
      float value;
      std::memcpy(&value, fill_, sizeof value);
      std::fill_n(reinterpret_cast<float*>(to), bytes / sizeof value, value);
    }
  }

  const Operator& op_;
  Arrival arrival_;
  size_t element_bytes_;
  size_t element_count_;  // in one long element
  int inner_;             // the innermost axis that is not copied whole
  std::vector<int32_t> sources_;  // of it
  std::vector<Segment> segments_;
  bool scattered_;
  std::vector<Outer> outer_;
  size_t rows_;
  uint8_t fill_[4];
  const uint8_t* x_ = nullptr;
  uint8_t* y_ = nullptr;
};

}  // namespace

std::unique_ptr<Plan> make_box_plan(const PlanContext& context, const PlanChoice& choice) {
  return std::make_unique<BoxPlan>(context, choice);
}

}  // namespace approxlite
