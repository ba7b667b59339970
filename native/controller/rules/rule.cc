#include "controller/rules/rule.h"

namespace approxlite {

std::unique_ptr<Rule> make_rule(const Facts& facts) {
  switch (facts.rule.rule) {
    case APPROX_RULE_NAIVE: return make_naive(facts);
    case APPROX_RULE_STATE: return make_state(facts);
    case APPROX_RULE_KALMAN: return make_kalman(facts);
    case APPROX_RULE_CONFIDENCE: return make_confidence(facts);
    case APPROX_RULE_BUDGET: return make_budget(facts);
    case APPROX_RULE_DEADLINE: return make_deadline(facts);
    case APPROX_RULE_THERMAL: return make_thermal(facts);
    case APPROX_RULE_AUTO: return make_auto(facts);
    default: return make_fixed(facts);
  }
}

}  // namespace approxlite
