#include "controller/e_process.h"

#include <algorithm>

namespace approxlite {
namespace {

// The disagreement that each gambler would be the best against, as a multiple of epsilon, and the gambler's share.
struct Bet {
  double multiple, share;
};
constexpr std::array<Bet, EProcess::kBets> kBet = {{{1.75, 0.25}, {2.5, 0.5}, {5, 0.15}, {12, 0.1}}};

// Weight of the start before the first check; the others share the rest so that half of it is spent by `kHalf` checks.
constexpr double kFirst = 0.25;
constexpr double kHalf = 2000;

}  // namespace

EProcess::EProcess(double epsilon) : epsilon_(epsilon) {
  for (size_t i = 0; i < kBets; ++i) {
    // The likelihood ratio of `against` to epsilon, as a bet; `against` is kept below 1.
    const double against = std::min(kBet[i].multiple * epsilon, (1 + epsilon) / 2);
    fraction_[i] = (against - epsilon) / (epsilon * (1 - epsilon));
  }
}

double EProcess::unspent(uint64_t checks) {
  return checks == 0 ? 1 : (1 - kFirst) * kHalf / (kHalf + static_cast<double>(checks - 1));
}

void EProcess::update(bool differs, double relative) {
  const double weight = unspent(checks_) - unspent(checks_ + 1);
  const double gain = relative * ((differs ? 1 : 0) - epsilon_);
  for (size_t i = 0; i < kBets; ++i) {
    capital_[i] = (capital_[i] + kBet[i].share * weight) * (1 + fraction_[i] * gain);
  }
  ++checks_;
}

double EProcess::value() const {
  double sum = unspent(checks_);
  for (const double capital : capital_) sum += capital;
  return sum;
}

void EProcess::restore(uint64_t checks, const std::array<double, kBets>& capital) {
  checks_ = checks;
  capital_ = capital;
}

}  // namespace approxlite
