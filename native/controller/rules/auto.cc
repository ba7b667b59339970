// All pressures together. What is asked for is made cheaper by the energy budget and by heat; a deadline outranks both.
// The difficulty of an input is its cascade's own affair.
#include <new>

#include "controller/rules/budget.h"
#include "controller/rules/deadline.h"
#include "controller/rules/thermal.h"

namespace approxlite {
namespace {

class Auto final : public Rule {
 public:
  explicit Auto(const Facts& facts) : asked_(facts.rule.candidate), budget_(facts), deadline_(facts), thermal_(facts) {}

  void arrive(const Arrival& arrival) override {
    budget_.arrive(arrival);
    deadline_.arrive(arrival);
    thermal_.arrive(arrival);
  }

  Choice choose() const override {
    Choice choice{asked_, APPROX_REASON_FIRST_STAGE, 0.0f};
    const Choice affordable = budget_.choose(), cool = thermal_.choose();
    if (affordable.candidate > asked_ || affordable.reason == APPROX_REASON_BUDGET_INFEASIBLE) choice = affordable;
    if (cool.candidate > asked_ && cool.candidate >= choice.candidate) choice = cool;
    return deadline_.late(choice.candidate) ? deadline_.nearest(choice.candidate) : choice;
  }

  void ran(const Run& run) override {
    budget_.ran(run);
    deadline_.ran(run);
  }
  void followed(const Followed& input) override { budget_.followed(input); }

 private:
  int32_t asked_;
  Budget budget_;
  Deadline deadline_;
  Thermal thermal_;
};

}  // namespace

std::unique_ptr<Rule> make_auto(const Facts& facts) { return std::unique_ptr<Rule>(new (std::nothrow) Auto(facts)); }

}  // namespace approxlite
