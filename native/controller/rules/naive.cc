// Mobiprox's naive engine: the same answer as before leads onward, another one back.
#include <new>

#include "controller/rules/walk.h"

namespace approxlite {
namespace {

class Naive final : public Rule {
 public:
  explicit Naive(const Facts& facts) : walk_(facts), as_published_(facts.rule.as_published != 0) {}

  Choice choose() const override { return walk_.choice(); }

  void followed(const Followed& input) override {
    if (!compared_) {
      reference_ = input.top;
      compared_ = true;
      return;
    }
    const bool same = input.top == reference_;
    same ? walk_.onward(1.0f) : walk_.back(0.0f);
    // The published code never updates what it compares with, although its text says the answer before.
    if (!as_published_) reference_ = input.top;
  }

 private:
  Walk walk_;
  bool as_published_;
  bool compared_ = false;
  int32_t reference_ = -1;
};

}  // namespace

std::unique_ptr<Rule> make_naive(const Facts& facts) { return std::unique_ptr<Rule>(new (std::nothrow) Naive(facts)); }

}  // namespace approxlite
