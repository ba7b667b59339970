#ifndef APPROXLITE_CONTROLLER_RULES_DEADLINE_H_
#define APPROXLITE_CONTROLLER_RULES_DEADLINE_H_

#include "controller/pace.h"
#include "controller/rules/rule.h"

namespace approxlite {

// The most cautious candidate, from the one asked for on, whose every stage together is done in time. If there is none,
// the cheapest whose first stage is: inputs that need no second one are answered in time.
class Deadline final : public Rule {
 public:
  explicit Deadline(const Facts& facts) : facts_(facts), pace_(facts) {}

  void arrive(const Arrival& arrival) override { deadline_ms_ = arrival.deadline_ms; }
  Choice choose() const override;
  void ran(const Run& run) override { pace_.ran(run); }

  // A candidate in time that is `asked` or as near to it as possible: rather one that is cheaper. LATE if there is none.
  Choice nearest(int32_t asked) const;
  // Whether there is a deadline and `candidate` is not done in time.
  bool late(int32_t candidate) const { return pace_.worst_ms(candidate) > deadline_ms_; }

 private:
  int32_t most_often_in_time() const;

  const Facts& facts_;
  Pace pace_;
  float deadline_ms_ = 0.0f;  // NaN: none
};

}  // namespace approxlite

#endif  // APPROXLITE_CONTROLLER_RULES_DEADLINE_H_
