#ifndef APPROXLITE_CONTROLLER_SIMULATOR_H_
#define APPROXLITE_CONTROLLER_SIMULATOR_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "approxlite/simulator.h"
#include "controller/device.h"

namespace approxlite {

// Executes a session's actions on recorded outputs, as Python's and Java's Session execute them on models.
class Simulator {
 public:
  // False if any option is out of the range that simulator.h gives.
  static bool valid(const approx_simulator_options& options);
  // Copies `options`, which must be valid.
  explicit Simulator(const approx_simulator_options& options);

  approx_status run(approx_session* session, const uint32_t* order, size_t count, approx_simulated_step* steps,
                    size_t* done);
  approx_device_state state() const;

 private:
  // Which recorded output an answer is.
  struct Answer {
    int32_t rung;
    uint32_t sample;
  };

  approx_status run_input(approx_session* session, uint32_t sample, approx_simulated_step& result);
  // Runs until an answer is accepted or reused, from the step that began the input.
  approx_status answer(approx_session* session, uint32_t sample, approx_step& step, approx_simulated_step& result);
  // Runs the rung asked for and hands its output over with `hand_over`, approx_session_observe or _check.
  template <typename HandOver>
  approx_status execute(approx_session* session, HandOver hand_over, uint32_t sample, approx_step& step,
                        float& latency_ms, approx_simulated_step& result);
  float change(uint32_t sample) const;
  bool differs(const Answer& answer, uint32_t sample) const;
  const float* output(int32_t rung, uint32_t sample) const {
    return rungs_[rung].outputs + sample * rungs_[rung].output_count;
  }

  std::array<approx_recorded_rung, APPROX_MAX_RUNGS> rungs_{};
  size_t rung_count_;
  size_t sample_count_;
  int32_t exact_rung_;
  approx_agreement agreement_;
  const float* inputs_;
  size_t input_count_;
  float deadline_ms_;
  Device device_;
  bool answered_ = false;  // whether `last_` is an answer
  Answer last_{};          // the one given last by a run
  float headroom_;
};

}  // namespace approxlite

#endif  // APPROXLITE_CONTROLLER_SIMULATOR_H_
