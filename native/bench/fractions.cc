// What a knob leaves of an exact layer's time, beside the share of multiply-accumulates it leaves. Compute-bound layers:
// 3x3 and 1x1 with at least 64 inputs, whose weights fit the second-level cache and which write at most twice as many
// channels as they read. Exact and approximate take turns; the figure is the median over rounds of the ratio of the
// fastest runs in a round.
//   approxlite_fractions [ROUNDS]    prints: layer, type, knob, filled in or reduced, computed share, measured fraction
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "bench/layer.h"

namespace approxlite {
namespace {

constexpr LayerShape kLayers[] = {
    {32, 32, 64, 64, 3, 1},   {16, 16, 80, 80, 3, 1},   {8, 8, 160, 160, 3, 1},   {8, 8, 64, 64, 3, 1},
    {56, 56, 64, 64, 3, 1},   {28, 28, 128, 128, 3, 1}, {25, 5, 64, 64, 1, 1},    {12, 12, 64, 64, 1, 1},
    {6, 6, 128, 128, 1, 1},   {28, 28, 144, 40, 1, 1},  {28, 28, 240, 40, 1, 1},  {14, 14, 384, 64, 1, 1},
    {14, 14, 480, 112, 1, 1}, {14, 14, 672, 112, 1, 1}, {28, 28, 128, 128, 1, 1}, {56, 56, 96, 24, 1, 1},
};
constexpr const char* kKnobs[] = {"rows:1/2", "cols:1/2", "checker:1/2", "inputs:1/2", "inputs:1/2+rows:1/2"};

double share_of(const Operator& op, const Knob& knob) {
  const int groups = op.in.channels / 4 * op.window.height * op.window.width;
  double share = knob.inputs.whole()
                     ? 1.0
                     : static_cast<double>(groups * knob.inputs.numerator / knob.inputs.denominator) / groups;
  if (knob.checker)
    share *= static_cast<double>((op.out.height * op.out.width + 1) / 2) / (op.out.height * op.out.width);
  share *= static_cast<double>(computed_lines(op.out.height, knob.rows).size()) / op.out.height;
  share *= static_cast<double>(computed_lines(op.out.width, knob.cols).size()) / op.out.width;
  return share;
}

double microseconds(Plan& plan, ThreadPool& pool, int calls) {
  double fastest = 1e30;
  for (int i = 0; i < calls; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    plan.run(pool);
    const std::chrono::duration<double, std::micro> taken = std::chrono::steady_clock::now() - begin;
    fastest = std::min(fastest, taken.count());
  }
  return fastest;
}

double fraction_of(Plan& exact, Plan& approximate, int rounds) {
  ThreadPool pool(1);
  std::vector<double> ratios;
  const int calls = std::clamp(static_cast<int>(1000 / microseconds(exact, pool, 3)), 3, 100);
  for (int round = 0; round < rounds; ++round) {
    const double whole = microseconds(exact, pool, calls);
    ratios.push_back(microseconds(approximate, pool, calls) / whole);
  }
  std::nth_element(ratios.begin(), ratios.begin() + rounds / 2, ratios.end());
  return ratios[static_cast<size_t>(rounds / 2)];
}

}  // namespace
}  // namespace approxlite

int main(int count, char** arguments) {
  using namespace approxlite;
  const int rounds = count > 1 ? std::max(1, std::atoi(arguments[1])) : 15;
  for (const LayerShape& shape : kLayers) {
    for (const bool bytes : {false, true}) {
      Layer layer(shape, bytes, best_kernels());
      const std::unique_ptr<Plan> exact = layer.plan(Knob{});
      for (const char* text : kKnobs) {
        Knob knob;
        std::string error;
        if (!parse_knob(text, &knob, &error)) return 1;
        for (const bool reduced : {false, true}) {
          if (reduced && !knob.perforated()) continue;
          const std::unique_ptr<Plan> plan = layer.plan(knob, reduced);
          std::printf("%s\t%s\t%s\t%s\t%.3f\t%.3f\n", shape.name().c_str(), bytes ? "int8" : "float", text,
                      reduced ? "reduced" : "filled in", share_of(layer.op(), knob),
                      fraction_of(*exact, *plan, rounds));
          std::fflush(stdout);
        }
      }
    }
  }
  return 0;
}
