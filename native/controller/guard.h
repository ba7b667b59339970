// What the session asks of the guard.
#ifndef APPROXLITE_CONTROLLER_GUARD_H_
#define APPROXLITE_CONTROLLER_GUARD_H_

#include <cstddef>
#include <cstdint>

#include "approxlite/guard.h"

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

  approx_alarm alarm() const;
  bool latched() const { return alarm() != APPROX_ALARM_NONE; }

  // Looks at an output that is about to be accepted from a rung other than exact. `change` of the input since the one
  // that ran before, NaN if unknown. Latches, and says why, if it cannot be trusted; the caller then runs exact.
  approx_alarm inspect(int32_t rung, const float* output, size_t count, float change);
  // After an answer other than exact's was given, with its confidence: is it checked?
  Draw draw(float confidence);
  // What the check drawn last found. May latch.
  void check(bool differs);

  // State, faults and re-certification, as guard.h says.
  approx_guard_status status() const;
  void latch(approx_alarm alarm);
  void recertify(const uint8_t certificate[32], float epsilon);
  void inject(approx_fault fault, float amount);
};

}  // namespace approxlite

struct approx_guard {
  approxlite::Guard guard;
};

#endif  // APPROXLITE_CONTROLLER_GUARD_H_
