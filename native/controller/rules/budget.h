#ifndef APPROXLITE_CONTROLLER_RULES_BUDGET_H_
#define APPROXLITE_CONTROLLER_RULES_BUDGET_H_

#include "controller/account.h"
#include "controller/energy.h"
#include "controller/rules/rule.h"

namespace approxlite {

// The most cautious candidate that the energy budget affords, or two neighbours in turn whose mean is what it affords.
class Budget final : public Rule {
 public:
  explicit Budget(const Facts& facts) : facts_(facts), account_(facts.rule), energy_(facts) {}

  void arrive(const Arrival& arrival) override;
  Choice choose() const override { return choice_; }
  void ran(const Run& run) override;
  void followed(const Followed& input) override;

 private:
  // Two candidates around what an input may use, the dearer one being more cautious.
  struct Mixture {
    bool mixed = false;
    int32_t dear = 0, cheap = 0;
    double dear_mj = 0.0, cheap_mj = 0.0, affordable_mj = 0.0;
  };

  Choice plan();
  Choice cheapest(double sustained_mj, float left_w) const;

  const Facts& facts_;
  Account account_;
  Energy energy_;
  Choice choice_{};
  Mixture mixture_;
  double carried_mj_ = 0.0;            // what the mixture owes its mean
  double time_s_ = 0.0, ran_s_ = 0.0;  // of this arrival, of the last input that ran
  double interval_s_ = 0.0;            // between inputs that run, moving average; 0: not known yet
  bool ran_once_ = false;
};

}  // namespace approxlite

#endif  // APPROXLITE_CONTROLLER_RULES_BUDGET_H_
