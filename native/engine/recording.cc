// Invokes that somebody looks at: times, ranges and taps.
#include <algorithm>
#include <cstring>
#include <ctime>

#include "engine/partition.h"

namespace approxlite {
namespace {

int64_t now_nanoseconds() {
  timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return int64_t{1000000000} * time.tv_sec + time.tv_nsec;
}

}  // namespace

void Partition::observe_ranges(bool on) {
  const bool changed = recording_.ranges != on;
  recording_.ranges = on;
  if (on) std::fill(recording_.inputs.begin(), recording_.inputs.end(), Recording::Seen{});
  if (changed) set_ladder(choices_);
}

void Partition::set_taps(std::vector<Tap> taps) {
  taps_ = std::move(taps);
  set_ladder(choices_);
}

void Partition::record_range(const Rung& rung, size_t i) {
  const size_t tensor = graph_.input(graph_.operators()[i], 0);
  const size_t size = graph_.tensors()[tensor].spec.size();
  const Form& form = rung.forms[tensor];
  float low, high;
  if (form.bytes) {
    const auto* bytes = static_cast<const uint8_t*>(address(tensor));
    const auto [least, greatest] = std::minmax_element(bytes, bytes + size);
    low = form.grid.scale * static_cast<float>(*least - form.grid.zero_point);
    high = form.grid.scale * static_cast<float>(*greatest - form.grid.zero_point);
  } else {
    kernels_.range(static_cast<const float*>(address(tensor)), size, &low, &high);
  }
  Recording::Seen& seen = recording_.inputs[i];
  seen = seen.any ? Recording::Seen{std::min(seen.low, low), std::max(seen.high, high), true}
                  : Recording::Seen{low, high, true};
}

void Partition::fill_taps(const Rung& rung, size_t i, bool output) {
  for (const Tap& tap : taps_) {
    if (tap.op != i || tap.output != output) continue;
    const Operator& op = graph_.operators()[i];
    const size_t tensor = output ? graph_.output(op) : graph_.input(op, 0);
    const size_t size = graph_.tensors()[tensor].spec.size();
    const Form& form = rung.forms[tensor];
    if (form.bytes) {
      kernels_.dequantize(static_cast<const uint8_t*>(address(tensor)), size, form.grid.scale, form.grid.zero_point,
                          tap.values);
    } else {
      std::memcpy(tap.values, address(tensor), sizeof(float) * size);
    }
  }
}

void Partition::run_recording(const Rung& rung) {
  std::fill(recording_.nanoseconds.begin(), recording_.nanoseconds.end(), 0);
  for (const Step& step : rung.steps) {
    const Operator& op = graph_.operators()[step.op];
    if (recording_.ranges && op.weighted()) record_range(rung, step.op);
    fill_taps(rung, step.op, false);
    if (step.alone != nullptr) {
      step.alone->run(pool_);
      fill_taps(rung, step.op, true);
    }
    if (step.adds) fill_taps(rung, static_cast<size_t>(op.addition), false);
    const int64_t begin = recording_.times ? now_nanoseconds() : 0;
    step.plan->run(pool_);
    if (recording_.times) recording_.nanoseconds[step.op] = now_nanoseconds() - begin;
    // Where it did an addition as well, what it wrote is the addition's.
    if (step.alone == nullptr || step.adds)
      fill_taps(rung, step.adds ? static_cast<size_t>(op.addition) : step.op, true);
  }
}

}  // namespace approxlite
