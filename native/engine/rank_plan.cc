// rank:f: convolution and fully connected as two thin factors, a convolution with few outputs and a pointwise one. With
// calibrated factors these approximate the whole; without, they are a stand-in that takes the same time.
#include <algorithm>
#include <cmath>

#include "engine/conv_sharing.h"
#include "engine/own_weights.h"
#include "engine/plan.h"

namespace approxlite {
namespace {

// Outputs of the first factor such that both together cost the knob's share of the multiply-accumulates.
int rank_for(Fraction share, int64_t k, int64_t outputs) {
  const int64_t rank = k * outputs * share.numerator / ((k + outputs) * share.denominator);
  return static_cast<int>(rank >= 4 ? rank / 4 * 4 : std::max<int64_t>(rank, 1));
}

// The operator's bias in real numbers.
std::vector<float> bias_of(const PlanContext& context, const PlanChoice& choice) {
  const WeightSource& source = context.op.weights;
  std::vector<float> bias(static_cast<size_t>(source.rows), 0.0f);
  for (size_t o = 0; o < bias.size(); ++o) {
    if (source.bias != nullptr) bias[o] = source.bias[o];
    if (source.integer_bias != nullptr) {
      bias[o] = static_cast<float>(source.integer_bias[o]) * choice.inputs[0].grid.scale * source.scales[o];
    }
  }
  return bias;
}

class RankPlan final : public Plan {
 public:
  RankPlan(const PlanContext& context, const PlanChoice& choice) : own_(choice.own_weights) {
    const Operator& op = context.op;
    const ConvReading reading = conv_reading(op);
    set_factors(context, choice, reading);

    first_.type = op.type;
    first_.inputs = {op.inputs[0]};
    first_.inputs[0].number = kInput;
    first_.outputs.resize(1);
    first_.outputs[0].number = kMiddle;
    first_.in = op.in;
    first_.out = {op.out.height, op.out.width, rank_};
    first_.window = op.window;
    first_.outputs[0].dims = {1, op.out.height, op.out.width, rank_};

    second_.type = op.type;
    second_.inputs = first_.outputs;
    second_.outputs = {op.outputs[0]};
    second_.outputs[0].number = kOutput;
    second_.in = first_.out;
    second_.out = op.out;
    second_.range = op.range;

    first_weights_ = std::make_unique<Weights>(first_.weights, reading.taps, reading.run, context.kernels);
    second_weights_ = std::make_unique<Weights>(second_.weights, 1, rank_, context.kernels);
    input_ = op.inputs[0].number;
    output_ = op.outputs[0].number;

    const bool int8 = choice.knob.int8 || choice.inputs[0].bytes || choice.output.bytes;
    const auto make = int8 ? make_conv_int8_plan : make_conv_float_plan;
    PlanChoice first = {.knob = {.int8 = int8}, .inputs = choice.inputs, .scale = choice.scale};
    // What a grid of its own is taken from must be whole.
    if (!int8) first.demand = choice.demand;
    const PlanChoice second = {
        .knob = {.int8 = int8}, .inputs = {Form{}}, .output = choice.output, .demand = choice.demand};
    first_plan_ = make({first_, nullptr, context.kernels, first_weights_.get(), context.threads}, first);
    second_plan_ = make({second_, nullptr, context.kernels, second_weights_.get(), context.threads}, second);
    first_factor_ = {};  // packed now
    second_factor_ = {};
  }

  size_t scratch_bytes() const override {
    return middle_bytes() + std::max(first_plan_->scratch_bytes(), second_plan_->scratch_bytes());
  }

  void bind(const Addresses& addresses, uint8_t* scratch) override {
    addresses_[kInput] = addresses[static_cast<size_t>(input_)];
    addresses_[kMiddle] = scratch;
    addresses_[kOutput] = addresses[static_cast<size_t>(output_)];
    first_plan_->bind(addresses_, scratch + middle_bytes());
    second_plan_->bind(addresses_, scratch + middle_bytes());
  }

  void run(ThreadPool& pool) override {
    first_plan_->run(pool);
    second_plan_->run(pool);
  }

  size_t bytes() const override {
    return sizeof(float) * bias_.size() + first_weights_->bytes() + second_weights_->bytes() + first_plan_->bytes() +
           second_plan_->bytes();
  }

 private:
  static constexpr int kInput = 0, kMiddle = 1, kOutput = 2;  // tensors, as the two plans number them

  size_t middle_bytes() const { return in_whole_lines(sizeof(float) * first_.out.size() + kReadSlackBytes); }

  void set_factors(const PlanContext& context, const PlanChoice& choice, const ConvReading& reading) {
    const WeightSource& source = context.op.weights;
    const float* first;
    const float* second;
    const float* bias;
    if (own_ != nullptr && fits_rank(*own_, reading.taps, reading.run, source.rows)) {
      rank_ = own_->rank;
      first = own_->first;
      second = own_->weights;
      bias = own_->bias;
    } else {
      rank_ = rank_for(choice.knob.rank, source.columns, source.rows);
      make_placeholders(source);
      bias_ = bias_of(context, choice);
      first = first_factor_.data();
      second = second_factor_.data();
      bias = bias_.data();
    }
    first_.weights = {.data = first, .rows = rank_, .columns = source.columns};
    second_.weights = {.data = second, .rows = source.rows, .columns = rank_, .bias = bias};
  }

  // Every output as the nearest of `rank_` evenly spread ones.
  void make_placeholders(const WeightSource& source) {
    const size_t rank = static_cast<size_t>(rank_), outputs = static_cast<size_t>(source.rows);
    const size_t k = static_cast<size_t>(source.columns);
    const std::vector<float> whole = source.floats(false);
    first_factor_.resize(rank * k);
    second_factor_.assign(outputs * rank, 0.0f);
    for (size_t r = 0; r < rank; ++r) {
      std::copy_n(whole.data() + r * outputs / rank * k, k, first_factor_.data() + r * k);
    }
    for (size_t o = 0; o < outputs; ++o) second_factor_[o * rank + o * rank / outputs] = 1.0f;
  }

  const std::shared_ptr<const OperatorWeights> own_;
  int rank_ = 0;
  std::vector<float> first_factor_, second_factor_, bias_;  // placeholders
  Operator first_ = {}, second_ = {};
  int input_, output_;
  std::unique_ptr<Weights> first_weights_, second_weights_;
  std::unique_ptr<Plan> first_plan_, second_plan_;
  Addresses addresses_ = Addresses(3);
};

}  // namespace

std::unique_ptr<Plan> make_rank_plan(const PlanContext& context, const PlanChoice& choice) {
  return std::make_unique<RankPlan>(context, choice);
}

}  // namespace approxlite
