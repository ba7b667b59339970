#ifndef APPROXLITE_CONTROLLER_SESSION_H_
#define APPROXLITE_CONTROLLER_SESSION_H_

#include <cstddef>
#include <cstdint>
#include <memory>

#include "controller/facts.h"
#include "controller/guard.h"
#include "controller/rules/rule.h"

namespace approxlite {

// One input after the other: which rung runs, whether its output is the answer, whether the answer is checked.
class Session {
 public:
  // `options` must be valid; `guard` may be null and outlives the session. Null when memory is short.
  static std::unique_ptr<Session> create(const approx_session_options& options);

  void pin(int32_t rung) { pinned_ = rung; }
  const Facts& facts() const { return facts_; }

  // `context` may be null: nothing is known.
  approx_step begin(const approx_context* context);
  // A run must be under way, and its output fit.
  approx_step observe(const float* output, size_t count, float latency_ms, float energy_mj);
  // An answer must have been given.
  approx_step finish();
  // A check must be under way, and exact's output fit.
  approx_step check(const float* output, size_t count, float latency_ms, float energy_mj);

  bool running() const { return phase_ == Phase::kStage || phase_ == Phase::kExact || phase_ == Phase::kPinned; }
  bool answered() const { return phase_ == Phase::kAnswered; }
  bool checking() const { return phase_ == Phase::kChecking; }
  // Whether the rung that runs can have `count` outputs.
  bool fits(size_t count) const;

 private:
  enum class Phase {
    kIdle,      // nothing was asked for
    kStage,     // a stage of the candidate runs
    kExact,     // exact runs, whatever the candidate says
    kPinned,    // the pinned rung runs
    kAnswered,  // an answer was given
    kChecking   // exact runs to check it
  };
  // The answer given last, as long as it can be given again or checked. Its entries are in answer_.
  struct Kept {
    bool reusable = false;
    int32_t candidate = 0, rung = 0;
    float confidence = 0.0f;
    size_t count = 0;
  };

  explicit Session(approx_guard* guard) : guard_(guard == nullptr ? nullptr : &guard->guard) {}

  void take(const approx_context* context);
  bool may_reuse(const Choice& choice) const;
  approx_step run(Phase phase, size_t stage, approx_reason reason, float evidence);
  approx_step fall_back(approx_reason reason, float evidence);
  approx_step accept(approx_reason reason, float evidence, const float* output, size_t count);
  approx_step step(approx_action action, approx_reason reason, float evidence) const;
  Draw draw(float confidence);

  Facts facts_;
  std::unique_ptr<Rule> rule_;
  std::unique_ptr<float[]> answer_;
  Guard* guard_;
  bool reuses_ = false;  // whether any candidate does

  Phase phase_ = Phase::kIdle;
  int32_t pinned_ = -1, candidate_ = 0, rung_ = 0;
  size_t stage_ = 0;
  Arrival arrival_{};
  float input_change_ = 0.0f;
  size_t exact_count_ = 0;  // entries of exact's outputs; 0: not seen yet
  Kept kept_;
  Draw draw_{};
};

}  // namespace approxlite

#endif  // APPROXLITE_CONTROLLER_SESSION_H_
