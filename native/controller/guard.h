// What the session asks of the guard.
#ifndef APPROXLITE_CONTROLLER_GUARD_H_
#define APPROXLITE_CONTROLLER_GUARD_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "approxlite/guard.h"
#include "controller/e_process.h"
#include "controller/guard_state.h"
#include "controller/output_check.h"
#include "controller/random.h"

namespace approxlite {

// Whether an answer is checked, and the probability with which that was drawn.
struct Draw {
  bool checked;
  float probability;
};

class Guard {
 public:
  // False if any option is out of the range that guard.h gives.
  static bool valid(const approx_guard_options& options);
  // Copies `options`, which must be valid.
  explicit Guard(const approx_guard_options& options);

  approx_alarm alarm() const { return alarm_; }
  bool latched() const { return alarm() != APPROX_ALARM_NONE; }

  // Looks at an output that is about to be accepted from a rung other than exact. `change` of the input since the one
  // that ran before, NaN if unknown. Latches, and says why, if it cannot be trusted; the caller then runs exact.
  approx_alarm inspect(int32_t rung, const float* output, size_t count, float change);
  // After an answer other than exact's was given, with its confidence (NaN is unsure): is it checked? Never once
  // latched.
  Draw draw(float confidence);
  // What the check drawn last found. May latch. Without such a draw nothing happens; a check that was drawn but never
  // made is forgotten at the next draw.
  void check(bool differs);

  // State, faults and re-certification, as guard.h says.
  approx_guard_status status() const;
  void latch(approx_alarm alarm);
  // 0 < epsilon < 1.
  void recertify(const uint8_t certificate[32], float epsilon);
  void inject(approx_fault fault, float amount);

  // What outlives the process, and taking it up again: the guard continues as if it had never stopped, with
  // other draws if its seed is not 0. False, and
  // latched, if it is of another certificate or epsilon.
  GuardState state() const;
  bool restore(const GuardState& state);

 private:
  OutputFacts look(int32_t rung, const float* output, size_t count);
  approx_alarm judge(const OutputFacts& facts, float change);
  EProcess fresh_evidence() const;

  std::array<uint8_t, 32> certificate_;
  float epsilon_;
  double alpha_;
  float unsure_;            // confidence below which ...
  double unsure_probability_;  // ... this holds
  double sure_probability_; // else, never above it
  std::array<approx_output_range, APPROX_MAX_RUNGS> ranges_;
  int32_t constant_limit_;
  float still_change_;
  int32_t out_of_range_limit_;

  approx_alarm alarm_ = APPROX_ALARM_NONE;
  EProcess evidence_;
  uint64_t seed_;
  Random random_;
  uint64_t answers_ = 0;
  uint64_t disagreements_ = 0;
  double weight_ = 0;           // sum of 1 / probability over checks
  double differing_weight_ = 0; // the same over those that found a difference
  uint64_t output_hash_ = 0;    // of the last output ...
  bool output_known_ = false;   // ... if there was one
  int32_t constant_ = 0;        // outputs in a row like it, inputs unchanged not counted
  int32_t out_of_range_ = 0;  // in a row
  double pending_ = 0;        // probability of the check drawn last, 0: none
  approx_fault fault_ = APPROX_FAULT_NONE;
  float fault_amount_ = 0;
  bool frozen_ = false;  // since FROZEN was asked for, an output was seen
  uint64_t frozen_hash_ = 0;
  Random fault_random_;  // so that a fault leaves the draws as they are
};

}  // namespace approxlite

struct approx_guard {
  approxlite::Guard guard;
};

#endif  // APPROXLITE_CONTROLLER_GUARD_H_
