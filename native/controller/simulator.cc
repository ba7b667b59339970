#include "controller/simulator.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <new>

#include "controller/agreement.h"

namespace approxlite {
namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr size_t kMaxSamples = (size_t{1} << 31) - 1;

bool valid_rung(const approx_recorded_rung& rung) {
  if (rung.outputs == nullptr || rung.output_count < 1 || rung.output_count > APPROX_MAX_OUTPUT) return false;
  if (rung.class_map != nullptr && rung.class_count != rung.output_count) return false;
  return std::isfinite(rung.cost_ms) && rung.cost_ms > 0.0f && std::isfinite(rung.slow_ms) &&
         rung.slow_ms >= rung.cost_ms && std::isfinite(rung.energy_mj) && rung.energy_mj >= 0.0f;
}

}  // namespace

bool Simulator::valid(const approx_simulator_options& options) {
  if (options.rungs == nullptr || options.rung_count < 1 || options.rung_count > APPROX_MAX_RUNGS) return false;
  if (options.sample_count < 1 || options.sample_count > kMaxSamples || !approxlite::valid(options.agreement)) {
    return false;
  }
  if (options.exact_rung < 0 || static_cast<size_t>(options.exact_rung) >= options.rung_count) return false;
  if (options.inputs != nullptr && options.input_count < 1) return false;
  if (!std::isnan(options.deadline_ms) && !(std::isfinite(options.deadline_ms) && options.deadline_ms > 0.0f)) {
    return false;
  }
  const approx_recorded_rung& exact = options.rungs[options.exact_rung];
  for (size_t i = 0; i < options.rung_count; ++i) {
    const approx_recorded_rung& rung = options.rungs[i];
    if (!valid_rung(rung)) return false;
    if (!comparable(options.agreement, exact.output_count, rung.output_count, rung.class_map)) return false;
  }
  return Device::valid(options.device);
}

Simulator::Simulator(const approx_simulator_options& options)
    : rung_count_(options.rung_count),
      sample_count_(options.sample_count),
      exact_rung_(options.exact_rung),
      agreement_(options.agreement),
      inputs_(options.inputs),
      input_count_(options.input_count),
      deadline_ms_(options.deadline_ms),
      device_(options.device, options.seed),
      headroom_(kNaN) {
  assert(valid(options));
  std::copy_n(options.rungs, rung_count_, rungs_.begin());
}

approx_status Simulator::run(approx_session* session, const uint32_t* order, size_t count, approx_simulated_step* steps,
                             size_t* done) {
  *done = 0;
  for (size_t i = 0; i < count; ++i) {
    if (order[i] >= sample_count_) return APPROX_INVALID_ARGUMENT;
    if (!device_.begin_input()) return APPROX_OK;
    const approx_status status = run_input(session, order[i], steps[i]);
    if (status != APPROX_OK) return status;
    *done = i + 1;
  }
  return APPROX_OK;
}

approx_status Simulator::run_input(approx_session* session, uint32_t sample, approx_simulated_step& result) {
  result = {};
  result.time_s = device_.time_s();
  result.speed = static_cast<float>(device_.speed());
  const float headroom = device_.ask_headroom();
  if (!std::isnan(headroom)) headroom_ = headroom;
  const approx_context context{device_.time_s(), change(sample), deadline_ms_, device_.reported_battery(), 0, headroom};

  approx_step step{};
  approx_status status = approx_session_begin(session, &context, &step);
  if (status != APPROX_OK) return status;
  result.chosen_reason = static_cast<uint8_t>(step.reason);
  result.chosen_evidence = step.evidence;
  status = answer(session, sample, step, result);
  if (status != APPROX_OK) return status;
  result.accepted_reason = static_cast<uint8_t>(step.reason);
  result.accepted_evidence = step.evidence;
  result.candidate = static_cast<int8_t>(step.candidate);
  result.reused = step.action == APPROX_ACTION_REUSE;
  if (result.reused == 0) {
    last_ = {step.rung, sample};
    answered_ = true;
  }
  result.rung = static_cast<uint8_t>(last_.rung);
  result.differs = differs(last_, sample);

  status = approx_session_finish(session, &step);
  if (status == APPROX_OK && step.action == APPROX_ACTION_CHECK) {
    status = execute(session, approx_session_check, sample, step, result.check_ms, result);
  }
  if (status != APPROX_OK) return status;
  result.check_reason = static_cast<uint8_t>(step.reason);
  result.check_evidence = step.evidence;
  result.headroom = headroom_;
  result.temperature_c = static_cast<float>(device_.temperature_c());
  result.battery = static_cast<float>(device_.battery());
  return APPROX_OK;
}

approx_status Simulator::answer(approx_session* session, uint32_t sample, approx_step& step,
                                approx_simulated_step& result) {
  while (step.action == APPROX_ACTION_RUN) {
    const auto rung = static_cast<uint64_t>(step.rung);
    const approx_status status = execute(session, approx_session_observe, sample, step, result.latency_ms, result);
    if (status != APPROX_OK) return status;
    if (result.run_count < APPROX_MAX_RUNS_NAMED) result.rungs_run |= rung << (4 * result.run_count);
    ++result.run_count;
  }
  // An answer can be used again only after one was given.
  return step.action == APPROX_ACTION_ACCEPT || answered_ ? APPROX_OK : APPROX_NOT_READY;
}

template <typename HandOver>
approx_status Simulator::execute(approx_session* session, HandOver hand_over, uint32_t sample, approx_step& step,
                                 float& latency_ms, approx_simulated_step& result) {
  if (step.rung < 0 || static_cast<size_t>(step.rung) >= rung_count_) return APPROX_INVALID_ARGUMENT;
  const approx_recorded_rung& rung = rungs_[step.rung];
  const Device::Run ran = device_.run(rung);
  latency_ms += static_cast<float>(ran.latency_ms);
  result.energy_mj += static_cast<float>(ran.energy_mj);
  const float told = device_.meters_energy() ? static_cast<float>(ran.energy_mj) : kNaN;
  return hand_over(session, output(step.rung, sample), rung.output_count, static_cast<float>(ran.latency_ms), told,
                   &step);
}

float Simulator::change(uint32_t sample) const {
  if (inputs_ == nullptr || !answered_) return kNaN;
  constexpr approx_agreement kDistance{APPROX_LOSS_ROOT_MEAN_SQUARE, 1, 0.0f};
  const float* before = inputs_ + last_.sample * input_count_;
  return loss_of(kDistance, before, input_count_, inputs_ + sample * input_count_, input_count_, nullptr);
}

bool Simulator::differs(const Answer& answer, uint32_t sample) const {
  const approx_recorded_rung &exact = rungs_[exact_rung_], &rung = rungs_[answer.rung];
  return !(loss_of(agreement_, output(exact_rung_, sample), exact.output_count, output(answer.rung, answer.sample),
                   rung.output_count, rung.class_map) <= agreement_.tolerance);
}

approx_device_state Simulator::state() const {
  return {device_.time_s(), device_.energy_j(), device_.temperature_c(), device_.battery()};
}

}  // namespace approxlite

struct approx_simulator {
  approxlite::Simulator simulator;
};

approx_status approx_simulator_create(const approx_simulator_options* options, approx_simulator** out) {
  if (options == nullptr || out == nullptr || !approxlite::Simulator::valid(*options)) return APPROX_INVALID_ARGUMENT;
  auto* simulator = new (std::nothrow) approx_simulator{approxlite::Simulator(*options)};
  if (simulator == nullptr) return APPROX_OUT_OF_MEMORY;
  *out = simulator;
  return APPROX_OK;
}

void approx_simulator_destroy(approx_simulator* simulator) { delete simulator; }

approx_status approx_simulator_run(approx_simulator* simulator, approx_session* session, const uint32_t* order,
                                   size_t count, approx_simulated_step* steps, size_t* done) {
  if (simulator == nullptr || session == nullptr || order == nullptr || steps == nullptr || done == nullptr) {
    return APPROX_INVALID_ARGUMENT;
  }
  return simulator->simulator.run(session, order, count, steps, done);
}

approx_status approx_simulator_state(const approx_simulator* simulator, approx_device_state* out) {
  if (simulator == nullptr || out == nullptr) return APPROX_INVALID_ARGUMENT;
  *out = simulator->simulator.state();
  return APPROX_OK;
}
