#ifndef APPROXLITE_CONTROLLER_E_PROCESS_H_
#define APPROXLITE_CONTROLLER_E_PROCESS_H_

#include <array>
#include <cstddef>
#include <cstdint>

namespace approxlite {

// Evidence against "whatever came before, the next answer differs from exact's with probability at most epsilon".
//
// Answer i is checked with a probability p_i that may depend on it and on all before, by a draw that depends on nothing
// else. A check that finds D (0 or 1) multiplies the capital of a gambler who bets the fraction b by
//
//   1 + b (least / p_i) (D - epsilon),   least <= p_i,   0 < b < 1 / epsilon,
//
// and an answer that is not checked by 1. That is positive, and under the hypothesis its mean given the past is at
// most 1, since E[1{checked} / p_i | answer] = 1: the capital is a nonnegative supermartingale (Waudby-Smith and
// Ramdas, "Estimating means of bounded random variables by betting", 2024; inverse propensities as in Xu, Waudby-Smith
// and Ramdas, "Active, anytime-valid risk controlling prediction sets", 2024).
//
// A gambler who started long ago has lost much of it in the good time. So one starts before each check k, with capital
// weight_k, for every fraction of a few: the sum of their capitals and of the weight not yet spent starts at 1 and is a
// nonnegative supermartingale still, so it reaches 1 / alpha, ever, with probability at most alpha (Ville). This is the
// Shiryaev-Roberts recursion with weights that have a finite sum, which is what makes it hold for ever (Shin, Ramdas
// and Rinaldo, "E-detectors", 2024, bound the time between false alarms instead). All starts of one fraction share a
// number.
//
// Nobody needs more than 1 / alpha: bets shrink so that a difference of an answer drawn as often as any would just reach
// it. What a jump beyond would have won is kept for when there is no difference. How much they shrink is settled before
// the answer is seen. Were it to depend on p_i, most would be bet where differences are likely and less where they are
// not, the terms would no longer cancel, and alarms would be false more often than alpha.
class EProcess {
 public:
  static constexpr size_t kBets = 2;

  // epsilon, alpha: above 0 and below 1. smallest: of all `relative`, above 0 and at most 1.
  EProcess(double epsilon, double alpha, double smallest);

  // A check found `differs`, of an answer drawn with `least` / `relative`; smallest <= relative <= 1.
  void update(bool differs, double relative);

  // 1 at the start; positive.
  double value() const;
  // Whether the hypothesis is refuted at level alpha.
  bool refuted() const { return value() >= limit_; }

  uint64_t checks() const { return checks_; }
  const std::array<double, kBets>& capital() const { return capital_; }
  // As they were saved.
  void restore(uint64_t checks, const std::array<double, kBets>& capital);

 private:
  // Weight of the starts that lie ahead after `checks` checks.
  static double unspent(uint64_t checks);

  double epsilon_;
  double limit_;  // 1 / alpha
  double smallest_;
  std::array<double, kBets> fraction_;
  std::array<double, kBets> capital_{};
  uint64_t checks_ = 0;
};

}  // namespace approxlite

#endif  // APPROXLITE_CONTROLLER_E_PROCESS_H_
