// An operator compiled for one rung: everything that can be decided before the first input is.
#ifndef APPROXLITE_ENGINE_PLAN_H_
#define APPROXLITE_ENGINE_PLAN_H_

#include <memory>
#include <optional>
#include <vector>

#include "engine/knob.h"
#include "engine/operator.h"
#include "engine/perforation.h"
#include "engine/rung_weights.h"
#include "engine/thread_pool.h"
#include "engine/weights.h"
#include "kernels/kernels.h"

namespace approxlite {

// Where every tensor lies now, by tensor number of the model; floats or bytes as the rung has it.
using Addresses = std::vector<void*>;

// What decides an operator's plan, besides the operator.
struct PlanChoice {
  Knob knob;
  std::vector<Form> inputs;  // of every input
  Form output;               // of every output
  std::optional<Grid> scale;  // the grid an int8 knob puts a float input on; without one, each input's own
  // Which output pixels anybody reads; others may be left unwritten. Everything unless all readers agree on less.
  Pattern demand;
  bool add = false;  // conv_2d, fully_connected: do the addition of Operator::addition as well, and write its output
  Form addend;       // then
  std::shared_ptr<const OperatorWeights> own_weights;  // calibrated for inputs:f and rank:f; null: placeholders

  bool operator==(const PlanChoice&) const = default;
};

class Plan {
 public:
  virtual ~Plan() = default;
  // Bytes of scratch the plan needs, contents lost between operators.
  virtual size_t scratch_bytes() const { return 0; }
  // Takes its tensors' addresses and the scratch. Before the first run, and again whenever one of them changes.
  // Allocates nothing.
  virtual void bind(const Addresses& addresses, uint8_t* scratch) = 0;
  // Computes the output. Allocates nothing.
  virtual void run(ThreadPool& pool) = 0;
  // Held beyond weights shared with other plans.
  virtual size_t bytes() const { return 0; }
};

// What plans of one operator share.
struct PlanContext {
  const Operator& op;
  const Operator* addition;  // what Operator::addition names, null if nothing
  const KernelTable& kernels;
  Weights* weights;  // weighted operators
  int threads;       // of the pool that will run the plan
};

// About how many multiply-accumulates are worth waking a worker for.
inline constexpr int64_t kWorthSharing = 1000000;
// And, once workers are awake, about how many are worth a claim.
inline constexpr int64_t kWorthClaiming = kWorthSharing / 8;

// How a convolution reads its input. With few channels the inputs under one row of the filter are read as one run, from
// a copy of the input with its padding around it.
struct ConvReading {
  bool folded;
  int taps, run;                    // K = taps * run
  int padded_height, padded_width;  // of the copy
};
ConvReading conv_reading(const Operator& op);
// How a kernel finds that input, of `element_bytes` each: the window's geometry without any address.
Windows windows_of(const Operator& op, const ConvReading& reading, size_t element_bytes, const PixelGrid& grid);

// `choice.knob` is one the operator has; forms are such that can_run() below holds.
std::unique_ptr<Plan> make_plan(const PlanContext& context, const PlanChoice& choice);

std::unique_ptr<Plan> make_conv_float_plan(const PlanContext& context, const PlanChoice& choice);
std::unique_ptr<Plan> make_conv_int8_plan(const PlanContext& context, const PlanChoice& choice);
std::unique_ptr<Plan> make_rank_plan(const PlanContext& context, const PlanChoice& choice);
std::unique_ptr<Plan> make_depthwise_float_plan(const PlanContext& context, const PlanChoice& choice);
std::unique_ptr<Plan> make_depthwise_int8_plan(const PlanContext& context, const PlanChoice& choice);
std::unique_ptr<Plan> make_transpose_conv_plan(const PlanContext& context, const PlanChoice& choice);
std::unique_ptr<Plan> make_batch_matmul_plan(const PlanContext& context, const PlanChoice& choice);
std::unique_ptr<Plan> make_binary_plan(const PlanContext& context, const PlanChoice& choice);
std::unique_ptr<Plan> make_unary_plan(const PlanContext& context, const PlanChoice& choice);
std::unique_ptr<Plan> make_pool_plan(const PlanContext& context, const PlanChoice& choice);
std::unique_ptr<Plan> make_reduction_plan(const PlanContext& context, const PlanChoice& choice);
std::unique_ptr<Plan> make_softmax_plan(const PlanContext& context, const PlanChoice& choice);
std::unique_ptr<Plan> make_resize_plan(const PlanContext& context, const PlanChoice& choice);
// Reshape, transpose, concatenation, pads, slices, splits, depth to space: bytes or floats alike.
std::unique_ptr<Plan> make_data_movement_plan(const PlanContext& context, const PlanChoice& choice);
// Quantize, dequantize.
std::unique_ptr<Plan> make_type_plan(const PlanContext& context, const PlanChoice& choice);
// Runs an operator that knows floats only on bytes: its inputs become floats in scratch, its outputs bytes again.
std::unique_ptr<Plan> make_via_float_plan(const PlanContext& context, const PlanChoice& choice);

}  // namespace approxlite

#endif  // APPROXLITE_ENGINE_PLAN_H_
