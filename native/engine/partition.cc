#include "engine/partition.h"

#include <algorithm>
#include <ctime>

#include "engine/arena.h"
#include "engine/lowering.h"

namespace approxlite {
namespace {

// Plans of knobs that no rung uses are kept for the next ladder, but not without end.
constexpr size_t kMostCachedPlans = 64;

int64_t now_nanoseconds() {
  timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return int64_t{1000000000} * time.tv_sec + time.tv_nsec;
}

bool same(const Choice& a, const Choice& b) { return a.knob == b.knob && (!a.knob.int8 || a.scale == b.scale); }

}  // namespace

Partition::Partition(std::vector<Operator> operators, const std::vector<int>& inputs, const std::vector<int>& outputs,
                     const std::vector<std::pair<int, const float*>>& constants, size_t tensor_count,
                     const KernelTable& kernels)
    : operators_(std::move(operators)), kernels_(kernels), cache_(operators_.size()), addresses_(tensor_count) {
  fold_padding(outputs, &operators_);
  size_t scratch = 0;
  for (size_t i = 0; i < operators_.size(); ++i) {
    const Operator& op = operators_[i];
    if (!folded_away(op)) steps_.push_back(i);
    scratch = std::max(scratch, scratch_bytes(op));
    if (op.weighted()) {
      const ConvReading reading = conv_reading(op);
      weights_.push_back(std::make_unique<Weights>(op.weights, reading.taps, reading.run, kernels_));
    } else {
      weights_.push_back(nullptr);
    }
  }
  scratch_ = Buffer(scratch);
  shared_ = inputs;
  shared_.insert(shared_.end(), outputs.begin(), outputs.end());
  plan_memory(outputs, constants);
  recording_.nanoseconds.resize(operators_.size());
  recording_.inputs.resize(operators_.size());
}

void Partition::plan_memory(const std::vector<int>& outputs,
                            const std::vector<std::pair<int, const float*>>& constants) {
  for (const auto& [tensor, data] : constants) addresses_[static_cast<size_t>(tensor)] = const_cast<float*>(data);
  std::vector<int> tensors;
  std::vector<Lifetime> lifetimes;
  for (size_t step = 0; step < steps_.size(); ++step) {
    const Operator& op = operators_[steps_[step]];
    for (size_t i = 0; i < tensors.size(); ++i) {
      if (std::find(op.inputs.begin(), op.inputs.end(), tensors[i]) != op.inputs.end()) {
        lifetimes[i].last = static_cast<int>(step);
      }
    }
    if (std::find(outputs.begin(), outputs.end(), op.output) != outputs.end()) continue;
    tensors.push_back(op.output);
    lifetimes.push_back(
        {.bytes = sizeof(float) * op.size, .first = static_cast<int>(step), .last = static_cast<int>(step)});
  }
  arena_ = Buffer(plan_arena(&lifetimes));
  for (size_t i = 0; i < tensors.size(); ++i) {
    addresses_[static_cast<size_t>(tensors[i])] = reinterpret_cast<float*>(arena_.data() + lifetimes[i].offset);
  }
}

Plan* Partition::plan_for(size_t i, const Choice& choice) {
  std::vector<CachedPlan>& cached = cache_[i];
  for (CachedPlan& entry : cached) {
    if (same(entry.choice, choice)) {
      entry.used = true;
      return entry.plan.get();
    }
  }
  if (cached.size() >= kMostCachedPlans) {
    std::erase_if(cached, [](const CachedPlan& entry) { return !entry.used; });
  }
  const PlanContext context = {operators_[i], kernels_, weights_[i].get(), scratch_.data()};
  cached.push_back({choice, make_plan(context, choice.knob, choice.scale), true});
  return cached.back().plan.get();
}

void Partition::set_ladder(const std::vector<std::vector<Choice>>& choices) {
  for (std::vector<CachedPlan>& cached : cache_) {
    for (CachedPlan& entry : cached) entry.used = false;
  }
  rungs_.assign(choices.size(), {});
  for (size_t rung = 0; rung < choices.size(); ++rung) {
    for (const size_t i : steps_) rungs_[rung].push_back(plan_for(i, choices[rung][i]));
  }
  // A plan that the last ladder did not use has missed what was bound since.
  bound_ = false;
}

void Partition::bind() {
  for (std::vector<CachedPlan>& cached : cache_) {
    for (CachedPlan& entry : cached) {
      if (entry.used) entry.plan->bind(addresses_);
    }
  }
  bound_ = true;
}

void Partition::run(int rung) {
  if (!bound_) bind();
  Plan* const* plans = rungs_[static_cast<size_t>(rung)].data();
  if (recording_.times || recording_.ranges) {
    run_recording(plans);
    return;
  }
  const size_t count = steps_.size();
  for (size_t step = 0; step < count; ++step) plans[step]->run();
}

void Partition::run_recording(Plan* const* plans) {
  int64_t begin = now_nanoseconds();
  for (size_t step = 0; step < steps_.size(); ++step) {
    const size_t i = steps_[step];
    const Operator& op = operators_[i];
    if (recording_.ranges && op.weighted()) {
      float low, high;
      kernels_.range(addresses_[static_cast<size_t>(op.inputs[0])], op.in.size(), &low, &high);
      Recording::Seen& seen = recording_.inputs[i];
      seen = seen.any ? Recording::Seen{std::min(seen.low, low), std::max(seen.high, high), true}
                      : Recording::Seen{low, high, true};
      begin = now_nanoseconds();
    }
    plans[step]->run();
    const int64_t end = now_nanoseconds();
    recording_.nanoseconds[i] = end - begin;
    begin = end;
  }
}

size_t Partition::bytes() const {
  size_t total = arena_.bytes() + scratch_.bytes();
  for (const auto& weights : weights_) total += weights != nullptr ? weights->bytes() : 0;
  for (const auto& cached : cache_) {
    for (const CachedPlan& entry : cached) total += entry.plan->bytes();
  }
  return total;
}

}  // namespace approxlite
