#ifndef APPROXLITE_CONTROLLER_SESSION_H_
#define APPROXLITE_CONTROLLER_SESSION_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "approxlite/controller.h"

namespace approxlite {

// Which rung an input runs next. Every decision is a function of the stages and of the outputs seen for this input.
class Session {
 public:
  // False if any option is out of the range that controller.h gives.
  static bool valid(const approx_session_options& options);

  // Copies `options`, which must be valid.
  explicit Session(const approx_session_options& options);

  approx_step begin();
  // A run must be under way.
  approx_step observe(const float* output, size_t count);
  bool running() const { return phase_ != Phase::kIdle; }

 private:
  enum class Phase {
    kIdle,   // no run was asked for
    kStage,  // stages_[stage_] runs
    kExact   // the exact rung runs because a stage's output was not finite
  };

  approx_step run(Phase phase, size_t stage, approx_reason reason, float evidence);
  approx_step accept(approx_reason reason, float evidence);
  int32_t rung() const { return phase_ == Phase::kExact ? exact_rung_ : stages_[stage_].rung; }

  std::array<approx_stage, APPROX_MAX_RUNGS> stages_{};
  size_t stage_count_;
  int32_t confidence_;
  int32_t exact_rung_;
  Phase phase_ = Phase::kIdle;
  size_t stage_ = 0;
};

}  // namespace approxlite

#endif  // APPROXLITE_CONTROLLER_SESSION_H_
