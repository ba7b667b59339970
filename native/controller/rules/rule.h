// What every rule does: it picks the candidate for the next input from what it saw of the inputs before.
#ifndef APPROXLITE_CONTROLLER_RULES_RULE_H_
#define APPROXLITE_CONTROLLER_RULES_RULE_H_

#include <cstdint>
#include <memory>

#include "controller/facts.h"

namespace approxlite {

// An input that arrived. NaN: unknown; what approx_context says is kept has been filled in.
struct Arrival {
  double time_s;
  float deadline_ms;
  float battery;
  bool charging;
  float thermal_headroom;
};

// One run of a rung; checks and fallbacks count, too.
struct Run {
  int32_t rung;
  float latency_ms, energy_mj;  // NaN: unknown
};

// An input that was answered by following a candidate.
struct Followed {
  int32_t candidate;
  int32_t top;    // exact's class of the largest entry, -1 for none
  float largest;  // that entry
};

struct Choice {
  int32_t candidate;
  approx_reason reason;
  float evidence;
};

class Rule {
 public:
  virtual ~Rule() = default;
  // Every input, also those that the rule will not be asked about.
  virtual void arrive(const Arrival&) {}
  // The candidate for the input that arrived last; asking changes nothing.
  virtual Choice choose() const = 0;
  virtual void ran(const Run&) {}
  virtual void followed(const Followed&) {}
};

// The rule that `facts` asks for, which outlive it; null when memory is short.
std::unique_ptr<Rule> make_rule(const Facts& facts);

// Of each family. New without exceptions: null when memory is short.
std::unique_ptr<Rule> make_fixed(const Facts& facts);
std::unique_ptr<Rule> make_naive(const Facts& facts);
std::unique_ptr<Rule> make_state(const Facts& facts);
std::unique_ptr<Rule> make_kalman(const Facts& facts);
std::unique_ptr<Rule> make_confidence(const Facts& facts);
std::unique_ptr<Rule> make_budget(const Facts& facts);
std::unique_ptr<Rule> make_deadline(const Facts& facts);
std::unique_ptr<Rule> make_thermal(const Facts& facts);
std::unique_ptr<Rule> make_auto(const Facts& facts);

}  // namespace approxlite

#endif  // APPROXLITE_CONTROLLER_RULES_RULE_H_
