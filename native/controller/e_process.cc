#include "controller/e_process.h"

#include <algorithm>

namespace approxlite {
namespace {

// The disagreement that each gambler would be the best against, as a multiple of epsilon, and the gambler's share. The
// first is after a drift worth an alarm; the second after worse, and after drifts that show among unsure answers, whose
// single checks weigh little.
struct Bet {
  double multiple, share;
};
constexpr std::array<Bet, EProcess::kBets> kBet = {{{2.5, 0.85}, {10, 0.15}}};

// Weights of the starts: kFirst before the first check, kEarly evenly over the next kEarlyChecks, the rest over all
// that follow, falling with the square of their number. A change is found the sooner the more weight there is around
// it; what this choice buys and costs is in docs/decisions/the-guard-is-an-e-process.md.
constexpr double kFirst = 0.1, kEarly = 0.8, kEarlyChecks = 2500;

// So that a bet that shrank to reach the limit does, whatever the rounding.
constexpr double kReach = 1 + 0x1p-30;

}  // namespace

EProcess::EProcess(double epsilon, double alpha, double smallest)
    : epsilon_(epsilon), limit_(1 / alpha), smallest_(smallest) {
  for (size_t i = 0; i < kBets; ++i) {
    // The likelihood ratio of `against` to epsilon, as a bet; `against` is kept below 1.
    const double against = std::min(kBet[i].multiple * epsilon, (1 + epsilon) / 2);
    fraction_[i] = (against - epsilon) / (epsilon * (1 - epsilon));
  }
}

double EProcess::unspent(uint64_t checks) {
  if (checks == 0) return 1;
  const double later = static_cast<double>(checks - 1), rest = 1 - kFirst - kEarly;
  return later < kEarlyChecks ? rest + kEarly * (1 - later / kEarlyChecks) : rest * kEarlyChecks / later;
}

void EProcess::update(bool differs, double relative) {
  const double weight = unspent(checks_) - unspent(checks_ + 1);
  ++checks_;
  double possible = 0;  // gain if there is a difference, of an answer that is drawn as often as any
  for (size_t i = 0; i < kBets; ++i) {
    capital_[i] += kBet[i].share * weight;
    possible += capital_[i] * fraction_[i] * smallest_ * (1 - epsilon_);
  }
  const double needed = std::max(limit_ * kReach - value(), 0.0);
  const double stake = relative * (possible > needed ? needed / possible : 1);
  for (size_t i = 0; i < kBets; ++i) capital_[i] *= 1 + fraction_[i] * stake * ((differs ? 1 : 0) - epsilon_);
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
