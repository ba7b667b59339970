#include "engine/engine.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "delegate/delegate.h"
#include "engine/text.h"

namespace approxlite {

Engine::Engine(const KernelTable& kernels) : kernels_(kernels), ladder_(1) {
  ladder_[0].configuration = "exact";
  initialize_delegate(this, &delegate_);
}

approx_status Engine::fail(approx_status status, std::string error) {
  error_ = std::move(error);
  return status;
}

bool Engine::owns(const tflite::Context* context) {
  if (context_ == nullptr) context_ = context;
  return context_ == context;
}

approx_status Engine::claim(std::vector<Operator> operators) {
  claimed_ = std::move(operators);
  configurables_.clear();
  for (const Operator& op : claimed_) configurables_.push_back({op.id, type_name(op.type), op.knobs});
  has_model_ = true;
  located_.clear();
  for (Rung& rung : ladder_) {
    const approx_status status = resolve(&rung);
    if (status != APPROX_OK) return status;
  }
  return APPROX_OK;
}

const Operator* Engine::claimed(int index) const {
  for (const Operator& op : claimed_) {
    if (op.index == index) return &op;
  }
  return nullptr;
}

void Engine::add_partition(Partition* partition) {
  partitions_.push_back(partition);
  partition->recording().times = timing_;
  partition->recording().ranges = observing_;
  locate();
}

void Engine::remove_partition(Partition* partition) {
  std::erase(partitions_, partition);
  locate();
}

void Engine::locate() {
  located_.clear();
  for (size_t c = 0; c < claimed_.size(); ++c) {
    for (size_t p = 0; p < partitions_.size(); ++p) {
      const std::vector<Operator>& operators = partitions_[p]->operators();
      for (size_t local = 0; local < operators.size(); ++local) {
        if (operators[local].index != claimed_[c].index) continue;
        Location location = {partitions_[p], static_cast<int>(p), local, c, {}};
        for (const Knob& knob : list_knobs(claimed_[c].knobs)) location.knobs.push_back(to_text(knob));
        located_.push_back(std::move(location));
      }
    }
  }
}

approx_status Engine::resolve(Rung* rung) {
  std::string error;
  if (!parse_configuration(rung->configuration, configurables_, &rung->knobs, &error)) {
    return fail(APPROX_BAD_CONFIGURATION, "configuration: " + error);
  }
  rung->texts.clear();
  for (const Knob& knob : rung->knobs) rung->texts.push_back(to_text(knob));
  return APPROX_OK;
}

void Engine::prepare_ladder() {
  for (size_t p = 0; p < partitions_.size(); ++p) {
    std::vector<std::vector<Choice>> choices(ladder_.size());
    for (size_t r = 0; r < ladder_.size(); ++r) {
      choices[r].resize(partitions_[p]->operators().size());
    }
    for (const Location& location : located_) {
      if (location.partition != partitions_[p]) continue;
      for (size_t r = 0; r < ladder_.size(); ++r) {
        Choice& choice = choices[r][location.local];
        choice.knob = ladder_[r].knobs[location.claimed];
        for (const approx_scale& scale : ladder_[r].scales) {
          if (scale.operator_index == claimed_[location.claimed].index) {
            choice.scale = InputScale{scale.scale, scale.zero_point};
          }
        }
      }
    }
    partitions_[p]->set_ladder(choices);
  }
}

approx_status Engine::set_ladder(const approx_rung* rungs, size_t count) {
  if (rungs == nullptr || count < 1 || count > APPROX_MAX_RUNGS) {
    return fail(APPROX_INVALID_ARGUMENT, format("a ladder has 1 to %d rungs, not %zu", APPROX_MAX_RUNGS, count));
  }
  std::vector<Rung> ladder(count);
  for (size_t r = 0; r < count; ++r) {
    if (rungs[r].configuration == nullptr || (rungs[r].scales == nullptr && rungs[r].scale_count > 0)) {
      return fail(APPROX_INVALID_ARGUMENT, format("rung %zu has a null configuration or null scales", r));
    }
    ladder[r].configuration = rungs[r].configuration;
    for (size_t i = 0; i < rungs[r].scale_count; ++i) {
      const approx_scale& scale = rungs[r].scales[i];
      if (!(scale.scale > 0) || !std::isfinite(scale.scale) || !std::isfinite(1.0f / scale.scale) ||
          scale.zero_point < 0 || scale.zero_point > 255) {
        return fail(APPROX_INVALID_ARGUMENT,
                    format("rung %zu, operator %d: input scale %g with zero point %d is out of range", r,
                           scale.operator_index, static_cast<double>(scale.scale), scale.zero_point));
      }
      ladder[r].scales.push_back(scale);
    }
    if (!has_model_) continue;
    const approx_status status = resolve(&ladder[r]);
    if (status != APPROX_OK) return status;
  }
  ladder_ = std::move(ladder);
  rung_ = 0;
  if (has_model_) prepare_ladder();
  return APPROX_OK;
}

approx_status Engine::set_rung(int rung) {
  if (rung < 0 || rung >= rung_count()) {
    return fail(APPROX_INVALID_ARGUMENT, format("rung %d is not on a ladder of %d", rung, rung_count()));
  }
  rung_ = rung;
  return APPROX_OK;
}

const char* Engine::rung_knob(int rung, size_t i) const {
  if (rung < 0 || rung >= rung_count() || i >= located_.size()) return nullptr;
  return ladder_[static_cast<size_t>(rung)].texts[located_[i].claimed].c_str();
}

approx_status Engine::describe(size_t i, approx_operator* out) const {
  if (i >= located_.size() || out == nullptr) return APPROX_INVALID_ARGUMENT;
  const Operator& op = located_[i].partition->operators()[located_[i].local];
  *out = {};
  out->index = op.index;
  out->partition = located_[i].partition_index;
  std::strncpy(out->id, op.id.c_str(), APPROX_TEXT_SIZE - 1);
  std::strncpy(out->note, op.note.c_str(), APPROX_TEXT_SIZE - 1);
  out->multiply_accumulates = op.multiply_accumulates;
  return APPROX_OK;
}

const char* Engine::knob(size_t i, size_t knob) const {
  if (i >= located_.size() || knob >= located_[i].knobs.size()) return nullptr;
  return located_[i].knobs[knob].c_str();
}

void Engine::time_operators(bool on) {
  timing_ = on;
  for (Partition* partition : partitions_) partition->recording().times = on;
}

void Engine::observe_ranges(bool on) {
  observing_ = on;
  for (Partition* partition : partitions_) {
    Recording& recording = partition->recording();
    recording.ranges = on;
    if (on) std::fill(recording.inputs.begin(), recording.inputs.end(), Recording::Seen{});
  }
}

approx_status Engine::operator_times(int64_t* nanoseconds, size_t count) const {
  if (nanoseconds == nullptr || count != located_.size()) return APPROX_INVALID_ARGUMENT;
  if (!timing_) return APPROX_NOT_READY;
  for (size_t i = 0; i < count; ++i) {
    nanoseconds[i] = located_[i].partition->recording().nanoseconds[located_[i].local];
  }
  return APPROX_OK;
}

approx_status Engine::range(size_t i, float* low, float* high) const {
  if (i >= located_.size() || low == nullptr || high == nullptr) return APPROX_INVALID_ARGUMENT;
  const Recording::Seen& seen = located_[i].partition->recording().inputs[located_[i].local];
  if (!seen.any) return APPROX_NOT_READY;
  *low = seen.low;
  *high = seen.high;
  return APPROX_OK;
}

size_t Engine::bytes() const {
  size_t total = 0;
  for (const Partition* partition : partitions_) total += partition->bytes();
  return total;
}

}  // namespace approxlite
