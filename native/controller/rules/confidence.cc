// Mobiprox's confidence engine: the largest entry against what it was, in profiling, when wrong and when right.
#include <cmath>
#include <new>

#include "controller/rules/walk.h"

namespace approxlite {
namespace {

// As published: shares of the way from wrong to right.
constexpr float kBackBelow = 0.5f, kOnwardAbove = 0.75f;

class Confidence final : public Rule {
 public:
  explicit Confidence(const Facts& facts)
      : walk_(facts),
        table_(facts.rule.confidence_table),
        classes_(facts.rule.class_count),
        as_published_(facts.rule.as_published != 0) {}

  Choice choose() const override { return walk_.choice(); }

  void followed(const Followed& input) override {
    if (input.top < 0 || static_cast<size_t>(input.top) >= classes_) return walk_.stay();
    const size_t entry = static_cast<size_t>(input.candidate) * classes_ + static_cast<size_t>(input.top);
    const float wrong = table_[2 * entry], right = table_[2 * entry + 1];
    if (!std::isfinite(wrong) || !std::isfinite(right)) return walk_.stay();
    // A class that was surer when wrong has its two thresholds the wrong way round.
    if (right <= wrong && !as_published_) return walk_.stay();
    if (input.largest < wrong + kBackBelow * (right - wrong)) {
      walk_.back(input.largest);
    } else if (input.largest > wrong + kOnwardAbove * (right - wrong)) {
      walk_.onward(input.largest);
    } else {
      walk_.stay();
    }
  }

 private:
  Walk walk_;
  const float* table_;
  size_t classes_;
  bool as_published_;
};

}  // namespace

std::unique_ptr<Rule> make_confidence(const Facts& facts) {
  return std::unique_ptr<Rule>(new (std::nothrow) Confidence(facts));
}

}  // namespace approxlite
