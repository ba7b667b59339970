// Mobiprox's Kalman engine: a one-dimensional filter over "the answer is that of the input before".
#include <new>

#include "controller/rules/walk.h"

namespace approxlite {
namespace {

// As published.
constexpr float kMeasurementNoise = 1.0f, kProcessNoise = 0.1f;
constexpr float kBackBelow = 0.5f, kOnwardAbove = 0.95f;

class Kalman final : public Rule {
 public:
  explicit Kalman(const Facts& facts) : walk_(facts) {}

  Choice choose() const override { return walk_.choice(); }

  void followed(const Followed& input) override {
    const bool first = !seen_;
    const float measured = input.top == before_ ? 1.0f : 0.0f;
    before_ = input.top;
    seen_ = true;
    if (first) return;
    const float gain = variance_ / (variance_ + kMeasurementNoise);
    estimate_ += gain * (measured - estimate_);
    variance_ = (1.0f - gain) * variance_ + kProcessNoise;
    if (estimate_ < kBackBelow) {
      walk_.back(estimate_);
    } else if (estimate_ > kOnwardAbove) {
      walk_.onward(estimate_);
    } else {
      walk_.stay();
    }
  }

 private:
  Walk walk_;
  float estimate_ = 1.0f, variance_ = 100.0f;
  int32_t before_ = -1;
  bool seen_ = false;
};

}  // namespace

std::unique_ptr<Rule> make_kalman(const Facts& facts) {
  return std::unique_ptr<Rule>(new (std::nothrow) Kalman(facts));
}

}  // namespace approxlite
