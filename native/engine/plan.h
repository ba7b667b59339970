// An operator compiled for one knob: everything that can be decided before the first input is.
#ifndef APPROXLITE_ENGINE_PLAN_H_
#define APPROXLITE_ENGINE_PLAN_H_

#include <memory>
#include <optional>
#include <vector>

#include "engine/knob.h"
#include "engine/operator.h"
#include "engine/weights.h"
#include "kernels/kernels.h"

namespace approxlite {

// Where every tensor lies now, by tensor number of the model.
using Addresses = std::vector<float*>;

// The grid an int8 operator's input is put on.
struct InputScale {
  float scale;
  int32_t zero_point;
  bool operator==(const InputScale&) const = default;
};

class Plan {
 public:
  virtual ~Plan() = default;
  // Takes its tensors' addresses. Before the first run, and again whenever one of them changes. Allocates nothing.
  virtual void bind(const Addresses& addresses) = 0;
  // Computes the output. Allocates nothing.
  virtual void run() = 0;
  virtual size_t bytes() const { return 0; }
};

// What plans of one operator share.
struct PlanContext {
  const Operator& op;
  const KernelTable& kernels;
  Weights* weights;  // conv_2d and fully_connected
  uint8_t* scratch;  // at least scratch_bytes(op), contents lost between operators
};

// Bytes of scratch that any plan of `op` may use.
size_t scratch_bytes(const Operator& op);

// How a convolution reads its input. With few channels the inputs under one row of the filter are read as one run, from
// a copy of the input with its padding around it.
struct ConvReading {
  bool folded;
  int taps, run;              // K = taps * run
  int padded_height, padded_width;  // of the copy
};
ConvReading conv_reading(const Operator& op);

// `knob` is one the operator has. Without `scale` an int8 plan takes it from each input.
std::unique_ptr<Plan> make_plan(const PlanContext& context, const Knob& knob, std::optional<InputScale> scale);

std::unique_ptr<Plan> make_conv_float_plan(const PlanContext& context, const Knob& knob);
std::unique_ptr<Plan> make_conv_int8_plan(const PlanContext& context, const Knob& knob,
                                          std::optional<InputScale> scale);
std::unique_ptr<Plan> make_depthwise_plan(const PlanContext& context, const Knob& knob);
std::unique_ptr<Plan> make_simple_plan(const PlanContext& context);

}  // namespace approxlite

#endif  // APPROXLITE_ENGINE_PLAN_H_
