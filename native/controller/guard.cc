#include "controller/guard.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

namespace approxlite {
namespace {

constexpr approx_output_range kUnknown = {1, 0, 0};

bool within(float value, float low, float high) { return value >= low && value <= high; }
bool known(const approx_output_range& range) { return range.low <= range.high; }

// The draws of injected faults, apart from those of the guard.
constexpr uint64_t kFaultSeed = 0x6661756c74;

}  // namespace

bool Guard::valid(const approx_guard_options& options) {
  if (!(options.epsilon > 0 && options.epsilon < 1 && options.alpha > 0 && options.alpha < 1)) return false;
  if (!within(options.canary_rate, 0, 1) || !within(options.unsure_share, 0, 1) || std::isnan(options.unsure)) {
    return false;
  }
  if (!(options.unsure_factor >= 1) || !std::isfinite(options.unsure_factor)) return false;
  if (options.range_count > APPROX_MAX_RUNGS || (options.range_count > 0 && options.ranges == nullptr)) return false;
  for (size_t i = 0; i < options.range_count; ++i) {
    if (!std::isfinite(options.ranges[i].low) || !std::isfinite(options.ranges[i].high)) return false;
  }
  return options.constant_limit >= 2 && options.still_change >= 0 && options.out_of_range_limit >= 1;
}

Guard::Guard(const approx_guard_options& options)
    : epsilon_(options.epsilon),
      alpha_(options.alpha),
      unsure_(options.unsure),
      constant_limit_(options.constant_limit),
      still_change_(options.still_change),
      out_of_range_limit_(options.out_of_range_limit),
      evidence_(options.epsilon, options.alpha, 1),
      seed_(options.seed),
      random_(options.seed),
      fault_random_(kFaultSeed) {
  std::copy_n(options.certificate, certificate_.size(), certificate_.begin());
  ranges_.fill(kUnknown);
  std::copy_n(options.ranges, options.range_count, ranges_.begin());
  // So that (1 - share) sure + share unsure is the rate, with unsure = factor * sure, but at most 1.
  const double rate = options.canary_rate, share = options.unsure_share, factor = options.unsure_factor;
  sure_probability_ = rate / (1 - share + share * factor);
  unsure_probability_ = factor * sure_probability_;
  if (unsure_probability_ > 1) {
    unsure_probability_ = 1;
    sure_probability_ = std::max(1 / factor, share < 1 ? (rate - share) / (1 - share) : 0);  // 1 / factor: rounding
  }
  evidence_ = fresh_evidence();
}

approx_alarm Guard::inspect(int32_t rung, const float* output, size_t count, float change) {
  if (latched()) return alarm_;
  const approx_alarm alarm = judge(look(rung, output, count), change);
  if (alarm != APPROX_ALARM_NONE) latch(alarm);
  return alarm;
}

// The output as it is or, where a fault is injected, as it would then be.
OutputFacts Guard::look(int32_t rung, const float* output, size_t count) {
  const bool has_range = rung >= 0 && rung < APPROX_MAX_RUNGS && known(ranges_[rung]);
  const approx_output_range& range = has_range ? ranges_[rung] : kUnknown;
  const float width = range.high - range.low;  // may be infinite: then nothing is outside
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  OutputFacts facts = has_range ? facts_of(output, count, range.low - width, range.high + width)
                                : facts_of(output, count, -kInfinity, kInfinity);
  facts.zero = facts.zero && count > 1 && range.zeros_seen == 0;
  if (fault_ == APPROX_FAULT_ZEROS) {
    facts = {.finite = true, .zero = count > 1 && range.zeros_seen == 0, .outside = false, .hash = 0};
  } else if (fault_ == APPROX_FAULT_NAN) {
    facts.finite = false;
  } else if (fault_ == APPROX_FAULT_FROZEN) {
    if (!frozen_) frozen_hash_ = facts.hash;
    frozen_ = true;
    facts.hash = frozen_hash_;
  }
  return facts;
}

approx_alarm Guard::judge(const OutputFacts& facts, float change) {
  if (!facts.finite) return APPROX_ALARM_NOT_FINITE;
  if (facts.zero) return APPROX_ALARM_ZERO;
  out_of_range_ = facts.outside ? out_of_range_ + 1 : 0;
  if (out_of_range_ >= out_of_range_limit_) return APPROX_ALARM_OUT_OF_RANGE;
  if (!output_known_ || facts.hash != output_hash_) {
    output_known_ = true;
    output_hash_ = facts.hash;
    constant_ = 1;
  } else if (change > still_change_) {  // not if it is NaN
    ++constant_;
  }
  return constant_ >= constant_limit_ ? APPROX_ALARM_CONSTANT : APPROX_ALARM_NONE;
}

Draw Guard::draw(float confidence) {
  pending_ = 0;
  if (latched()) return {false, 0};
  ++answers_;
  const double probability = confidence >= unsure_ ? sure_probability_ : unsure_probability_;
  const bool checked = random_.happens(probability);
  if (checked) pending_ = probability;
  return {checked, static_cast<float>(probability)};
}

void Guard::check(bool differs) {
  if (pending_ == 0 || latched()) return;
  if (fault_ == APPROX_FAULT_DISAGREE) differs = differs || fault_random_.happens(fault_amount_);
  evidence_.update(differs, sure_probability_ / pending_);
  weight_ += 1 / pending_;
  if (differs) {
    ++disagreements_;
    differing_weight_ += 1 / pending_;
  }
  pending_ = 0;
  if (evidence_.refuted()) latch(APPROX_ALARM_DISAGREEMENT);
}

EProcess Guard::fresh_evidence() const {
  return EProcess(epsilon_, alpha_, unsure_probability_ > 0 ? sure_probability_ / unsure_probability_ : 1);
}

approx_guard_status Guard::status() const {
  return {.alarm = alarm_,
          .answers = answers_,
          .canaries = evidence_.checks(),
          .disagreements = disagreements_,
          .disagreement_share = weight_ > 0 ? differing_weight_ / weight_ : std::numeric_limits<double>::quiet_NaN(),
          .e_value = evidence_.value()};
}

void Guard::latch(approx_alarm alarm) {
  if (!latched()) alarm_ = alarm;
}

void Guard::recertify(const uint8_t certificate[32], float epsilon) {
  std::copy_n(certificate, certificate_.size(), certificate_.begin());
  epsilon_ = epsilon;
  alarm_ = APPROX_ALARM_NONE;
  evidence_ = fresh_evidence();
  answers_ = disagreements_ = 0;
  weight_ = differing_weight_ = pending_ = 0;
  output_known_ = false;
  constant_ = out_of_range_ = 0;
}

void Guard::inject(approx_fault fault, float amount) {
  fault_ = fault;
  fault_amount_ = amount;
  frozen_ = false;
}

GuardState Guard::state() const {
  return {.certificate = certificate_,
          .epsilon = epsilon_,
          .alarm = alarm_,
          .answers = answers_,
          .disagreements = disagreements_,
          .weight = weight_,
          .differing_weight = differing_weight_,
          .random = random_.state(),
          .checks = evidence_.checks(),
          .capital = evidence_.capital(),
          .output_hash = output_hash_,
          .output_known = output_known_,
          .constant_count = constant_,
          .out_of_range_count = out_of_range_};
}

bool Guard::restore(const GuardState& state) {
  // Bits are compared: two floats that print alike may promise different things.
  if (state.certificate != certificate_ ||
      std::bit_cast<uint32_t>(state.epsilon) != std::bit_cast<uint32_t>(epsilon_)) {
    latch(APPROX_ALARM_OTHER_POLICY);
    return false;
  }
  latch(static_cast<approx_alarm>(state.alarm));
  answers_ = state.answers;
  disagreements_ = state.disagreements;
  weight_ = state.weight;
  differing_weight_ = state.differing_weight;
  // Draws that were lost with a crash are not made again, so that even one that crashes all the time is checked.
  random_ = Random(seed_ == 0 ? state.random : state.random ^ Random(seed_).next());
  evidence_.restore(state.checks, state.capital);
  output_hash_ = state.output_hash;
  output_known_ = state.output_known;
  constant_ = state.constant_count;
  out_of_range_ = state.out_of_range_count;
  pending_ = 0;
  return true;
}

}  // namespace approxlite
