// Two operands of any shapes that broadcast: floats, or bytes where the operator is a sum or a difference.
#include <algorithm>
#include <cmath>

#include "engine/broadcasting.h"
#include "engine/elements.h"
#include "engine/int8_steps.h"

namespace approxlite {
namespace {

BinaryOp binary_op(OperatorType type) {
  switch (type) {
    case OperatorType::kSub: return BinaryOp::kSub;
    case OperatorType::kMul: return BinaryOp::kMul;
    case OperatorType::kDiv: return BinaryOp::kDiv;
    case OperatorType::kMinimum: return BinaryOp::kMinimum;
    case OperatorType::kMaximum: return BinaryOp::kMaximum;
    case OperatorType::kSquaredDifference: return BinaryOp::kSquaredDifference;
    default: return BinaryOp::kAdd;
  }
}

// Walks through the kernel calls; what one of them does is the derived plan's.
class BinaryPlan : public Plan {
 public:
  BinaryPlan(const PlanContext& context, const PlanChoice& choice, size_t element_bytes)
      : op_(context.op),
        kernels_(context.kernels),
        element_bytes_(element_bytes),
        demanded_(demanded_rows(choice.demand, context.op.outputs[0])),
        nest_(broadcasting_of(context.op.inputs[0], context.op.inputs[1], context.op.outputs[0], !demanded_.empty())) {}

  void bind(const Addresses& addresses, uint8_t*) override {
    a_ = address_of<const uint8_t>(op_.inputs[0], addresses);
    b_ = address_of<const uint8_t>(op_.inputs[1], addresses);
    y_ = address_of<uint8_t>(op_.outputs[0], addresses);
  }

  void run(ThreadPool& pool) override {
    const size_t per_call = nest_.rows * nest_.size;
    const int calls = static_cast<int>(demanded_.empty() ? nest_.calls() : demanded_calls());
    if (calls == 1) return share_one_call(pool);
    pool.split(calls, pieces_worth_sharing(per_call), [&](int begin, int end, int) {
      for (int i = begin; i < end; ++i) {
        const Place place = place_of(static_cast<size_t>(i));
        compute(place, nest_.rows, nest_.size);
      }
    });
  }

  size_t bytes() const override { return sizeof(*this) + demanded_.size() * sizeof(int32_t); }

 protected:
  // Elements from the start of each tensor.
  struct Place {
    size_t a = 0, b = 0, y = 0;
  };
  virtual void compute(const Place& place, size_t rows, size_t size) = 0;

  const void* at_a(const Place& place) const { return a_ + place.a * element_bytes_; }
  const void* at_b(const Place& place) const { return b_ + place.b * element_bytes_; }
  void* at_y(const Place& place) const { return y_ + place.y * element_bytes_; }

  const Operator& op_;
  const KernelTable& kernels_;

 private:
  size_t demanded_calls() const { return nest_.calls() / nest_.outer[0].size * demanded_.size(); }

  Place place_of(size_t call) const {
    Place place;
    size_t index[kMaxRank];
    for (int axis = nest_.outer_count; axis-- > 0;) {
      const size_t size = axis == 0 && !demanded_.empty() ? demanded_.size() : nest_.outer[axis].size;
      index[axis] = call % size;
      call /= size;
    }
    if (!demanded_.empty()) index[0] = static_cast<size_t>(demanded_[index[0]]);
    for (int axis = 0; axis < nest_.outer_count; ++axis) {
      place.a += index[axis] * nest_.outer[axis].a_step;
      place.b += index[axis] * nest_.outer[axis].b_step;
      place.y = place.y * nest_.outer[axis].size + index[axis];
    }
    place.y *= nest_.rows * nest_.size;
    return place;
  }

  // One call for everything is cut along its rows, or its elements if it has but one row.
  void share_one_call(ThreadPool& pool) {
    const Place start = place_of(0);
    const auto from = [&](size_t first) {
      const bool a_moves = nest_.inner == Broadcast::kSame || !nest_.swapped;
      const bool b_moves = nest_.inner == Broadcast::kSame || nest_.swapped;
      return Place{start.a + (a_moves ? first : 0), start.b + (b_moves ? first : 0), start.y + first};
    };
    if (nest_.inner != Broadcast::kChannel) {
      split_elements(pool, nest_.size, [&](size_t first, size_t count) { compute(from(first), 1, count); });
      return;
    }
    pool.split(static_cast<int>(nest_.rows), pieces_worth_sharing(nest_.size), [&](int begin, int end, int) {
      compute(from(static_cast<size_t>(begin) * nest_.size), static_cast<size_t>(end - begin), nest_.size);
    });
  }

  const uint8_t* a_ = nullptr;
  const uint8_t* b_ = nullptr;
  uint8_t* y_ = nullptr;
  size_t element_bytes_;
  std::vector<int32_t> demanded_;  // rows; empty: all

 protected:
  const Broadcasting nest_;
};

class BinaryFloatPlan final : public BinaryPlan {
 public:
  BinaryFloatPlan(const PlanContext& context, const PlanChoice& choice)
      : BinaryPlan(context, choice, sizeof(float)), binary_op_(binary_op(context.op.type)) {}

 private:
  void compute(const Place& place, size_t rows, size_t size) override {
    const auto* a = static_cast<const float*>(at_a(place));
    const auto* b = static_cast<const float*>(at_b(place));
    kernels_.binary(binary_op_, {.a = nest_.swapped ? b : a,
                                 .b = nest_.swapped ? a : b,
                                 .broadcast = nest_.inner,
                                 .size = rows * size,
                                 .channels = static_cast<int>(size),
                                 .low = op_.range.low,
                                 .high = op_.range.high,
                                 .y = static_cast<float*>(at_y(place)),
                                 .reversed = nest_.swapped});
  }

  BinaryOp binary_op_;
};

// The fixed point of AddBytes for three grids: as XNNPACK chooses it (xnn_init_qs8_add_minmax_scalar_params), so that
// 8-bit models give the runtime's own bits. Multipliers have 21 bits; false where scales are too far apart for that.
struct AddPoint {
  int32_t a_multiplier, b_multiplier, bias;
  int shift;
};
bool add_point(const Grid& a, const Grid& b, const Grid& y, bool subtracts, AddPoint* point) {
  const float a_scale = a.scale / y.scale, b_scale = b.scale / y.scale;
  const float larger = std::max(a_scale, b_scale);
  if (!(larger >= 0x1p-10f) || !(larger < 0x1p+8f)) return false;
  point->shift = 20 - std::ilogb(larger);
  const auto multiplier = [&](float scale) {
    return static_cast<int32_t>(std::lrint(std::ldexp(scale, point->shift)));
  };
  point->a_multiplier = multiplier(a_scale);
  point->b_multiplier = subtracts ? -multiplier(b_scale) : multiplier(b_scale);
  const int32_t half = int32_t{1} << (point->shift - 1);
  point->bias = half - point->a_multiplier * a.zero_point - point->b_multiplier * b.zero_point;
  return true;
}

class AddBytesPlan final : public BinaryPlan {
 public:
  AddBytesPlan(const PlanContext& context, const PlanChoice& choice, const AddPoint& point)
      : BinaryPlan(context, choice, 1), point_(point), zero_point_(choice.output.grid.zero_point) {
    if (nest_.swapped) std::swap(point_.a_multiplier, point_.b_multiplier);
    const Range range = range_in(op_.range, choice.output);
    low_ = static_cast<int32_t>(std::clamp(range.low, 0.0f, 255.0f));
    high_ = static_cast<int32_t>(std::clamp(range.high, 0.0f, 255.0f));
  }

 private:
  void compute(const Place& place, size_t rows, size_t size) override {
    const auto* a = static_cast<const uint8_t*>(at_a(place));
    const auto* b = static_cast<const uint8_t*>(at_b(place));
    kernels_.add_bytes({.a = nest_.swapped ? b : a,
                        .b = nest_.swapped ? a : b,
                        .broadcast = nest_.inner,
                        .size = rows * size,
                        .channels = static_cast<int>(size),
                        .a_multiplier = point_.a_multiplier,
                        .b_multiplier = point_.b_multiplier,
                        .bias = point_.bias,
                        .shift = point_.shift,
                        .zero_point = zero_point_,
                        .low = low_,
                        .high = high_,
                        .y = static_cast<uint8_t*>(at_y(place))});
  }

  AddPoint point_;
  int32_t zero_point_, low_, high_;
};

}  // namespace

std::unique_ptr<Plan> make_binary_plan(const PlanContext& context, const PlanChoice& choice) {
  const bool a = choice.inputs[0].bytes, b = choice.inputs[1].bytes, y = choice.output.bytes;
  if (!a && !b && !y) return std::make_unique<BinaryFloatPlan>(context, choice);
  const bool sum = context.op.type == OperatorType::kAdd || context.op.type == OperatorType::kSub;
  AddPoint point;
  if (a && b && y && sum &&
      add_point(choice.inputs[0].grid, choice.inputs[1].grid, choice.output.grid, context.op.type == OperatorType::kSub,
                &point)) {
    return std::make_unique<AddBytesPlan>(context, choice, point);
  }
  return make_via_float_plan(context, choice);
}

}  // namespace approxlite
