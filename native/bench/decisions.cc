// What the controller adds to an input: begin, observe, finish, under each rule, with a guard that checks one in fifty.
#include <benchmark/benchmark.h>

#include <array>
#include <cstdlib>
#include <limits>
#include <string>
#include <vector>

#include "approxlite/controller.h"

namespace approxlite {
namespace {

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr int32_t kRungs = 16;
constexpr size_t kMostClasses = 1000;

struct Life {
  explicit Life(int32_t rule, size_t classes) : output(classes, 0.001f) {
    std::array<approx_rung_facts, kRungs> rungs;
    std::array<approx_stage, 2 * kRungs> stages;
    std::array<approx_candidate, kRungs> candidates;
    std::vector<float> table(kRungs * classes * 2, 0.5f);
    for (int32_t i = 0; i < kRungs; ++i) {
      const float cost = 10.0f / static_cast<float>(1 + i);
      rungs[i] = {cost, 1.5f * cost, cost, nullptr, 0};
      stages[2 * i] = {i, 0.5f};
      stages[2 * i + 1] = {0, 0.0f};
      candidates[i] = {&stages[2 * i], i == 0 ? size_t{1} : size_t{2}, cost, cost, 0.01f};
    }
    approx_guard_options guarded{};
    guarded.epsilon = 0.05f;
    guarded.alpha = 0.01f;
    guarded.canary_rate = 0.02f;
    guarded.unsure_factor = 1.0f;
    guarded.constant_limit = 1 << 30;
    guarded.out_of_range_limit = 1 << 30;
    approx_session_options options{};
    options.rungs = rungs.data();
    options.candidates = candidates.data();
    options.rung_count = options.candidate_count = options.certified = kRungs;
    options.confidence = APPROX_CONFIDENCE_TOP_TWO_DIFFERENCE;
    options.agreement = {APPROX_LOSS_TOP_ONE, 1, 0.0f};
    options.output_count = classes;
    options.rule = {rule, 8, 1, 0, table.data(), classes, 3600.0f * 0.004f, 0.2f, 1e9, 40000.0f, 0.0f, 8.0f, 0.85f};
    if (approx_guard_create(&guarded, &guard) != APPROX_OK) std::abort();
    options.guard = guard;
    if (approx_session_create(&options, &session) != APPROX_OK) std::abort();
    output[3] = 0.9f;
  }
  ~Life() {
    approx_session_destroy(session);
    approx_guard_destroy(guard);
  }
  // One input to its answer and check; the steps taken.
  int input() {
    context.time_s += 1.0;
    approx_session_begin(session, &context, &step);
    int steps = 1;
    output[3] += 1e-6f;
    for (; step.action == APPROX_ACTION_RUN; ++steps) {
      approx_session_observe(session, output.data(), output.size(), 2.0f, 2.0f, &step);
    }
    approx_session_finish(session, &step);
    ++steps;
    if (step.action != APPROX_ACTION_CHECK) return steps;
    approx_session_check(session, output.data(), output.size(), 10.0f, 10.0f, &step);
    return steps + 1;
  }

  std::vector<float> output;
  approx_guard* guard = nullptr;
  approx_session* session = nullptr;
  approx_context context{0.0, 0.5f, kNaN, 0.8f, 0, 0.7f};
  approx_step step{};
};

void decide(benchmark::State& state, int32_t rule, size_t classes) {
  Life life(rule, classes);
  int64_t steps = 0;
  for (auto _ : state) steps += life.input();
  state.counters["step"] =
      benchmark::Counter(static_cast<double>(steps), benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

const bool registered = [] {
  const char* names[] = {"fixed", "naive", "state", "kalman", "confidence", "budget", "deadline", "thermal", "auto"};
  for (size_t classes : {size_t{12}, kMostClasses}) {
    for (int32_t rule = APPROX_RULE_FIXED; rule <= APPROX_RULE_AUTO; ++rule) {
      const std::string name = std::string("decision/") + names[rule] + "/" + std::to_string(classes) + "_classes";
      benchmark::RegisterBenchmark(name.c_str(), [=](benchmark::State& state) { decide(state, rule, classes); });
    }
  }
  return true;
}();

}  // namespace
}  // namespace approxlite
