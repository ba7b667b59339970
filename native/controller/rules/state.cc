// Mobiprox's state engine: three equal answers in a row are a vote to go onward, anything else one to go back.
#include <algorithm>
#include <array>
#include <cstddef>
#include <new>

#include "controller/rules/walk.h"

namespace approxlite {
namespace {

constexpr int32_t kVotes = 2;

class State final : public Rule {
 public:
  explicit State(const Facts& facts) : walk_(facts) {}

  Choice choose() const override { return walk_.choice(); }

  void followed(const Followed& input) override {
    answers_[seen_++ % answers_.size()] = input.top;
    if (seen_ < answers_.size()) return;
    const bool equal = answers_[0] == answers_[1] && answers_[1] == answers_[2];
    votes_ = equal ? std::max(0, votes_) + 1 : std::min(0, votes_) - 1;
    if (votes_ >= kVotes) {
      walk_.onward(static_cast<float>(votes_));
    } else if (votes_ <= -kVotes) {
      walk_.back(static_cast<float>(votes_));
    } else {
      return walk_.stay();
    }
    votes_ = 0;
  }

 private:
  Walk walk_;
  std::array<int32_t, 3> answers_{};
  size_t seen_ = 0;
  int32_t votes_ = 0;
};

}  // namespace

std::unique_ptr<Rule> make_state(const Facts& facts) { return std::unique_ptr<Rule>(new (std::nothrow) State(facts)); }

}  // namespace approxlite
