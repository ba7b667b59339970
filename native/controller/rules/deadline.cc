#include "controller/rules/deadline.h"

#include <cmath>
#include <new>

namespace approxlite {

Choice Deadline::choose() const {
  const int32_t asked = facts_.rule.candidate;
  if (!late(asked))
    return {asked, std::isnan(deadline_ms_) ? APPROX_REASON_FIRST_STAGE : APPROX_REASON_DEADLINE,
            std::isnan(deadline_ms_) ? 0.0f : deadline_ms_};
  return nearest(asked);
}

Choice Deadline::nearest(int32_t asked) const {
  for (int32_t candidate = asked; candidate <= facts_.last(); ++candidate) {
    if (!late(candidate)) return {candidate, APPROX_REASON_DEADLINE, deadline_ms_};
  }
  for (int32_t candidate = asked - 1; candidate >= 0; --candidate) {
    if (!late(candidate)) return {candidate, APPROX_REASON_DEADLINE, deadline_ms_};
  }
  return {most_often_in_time(), APPROX_REASON_LATE, deadline_ms_};
}

int32_t Deadline::most_often_in_time() const {
  int32_t fastest = facts_.last();
  for (int32_t candidate = facts_.last(); candidate >= 0; --candidate) {
    if (!(pace_.first_ms(candidate) > deadline_ms_)) return candidate;
    if (pace_.first_ms(candidate) < pace_.first_ms(fastest)) fastest = candidate;
  }
  return fastest;
}

std::unique_ptr<Rule> make_deadline(const Facts& facts) {
  return std::unique_ptr<Rule>(new (std::nothrow) Deadline(facts));
}

}  // namespace approxlite
