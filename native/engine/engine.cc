#include "engine/engine.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "delegate/delegate.h"
#include "engine/lowering.h"
#include "engine/own_weights.h"
#include "engine/text.h"

namespace approxlite {

Engine::Engine(const KernelTable& kernels) : kernels_(kernels), pool_(std::make_unique<ThreadPool>(1)), ladder_(1) {
  ladder_[0].configuration = "exact";
  initialize_delegate(this, &delegate_);
}

approx_status Engine::fail(approx_status status, std::string error) {
  error_ = std::move(error);
  return status;
}

approx_status Engine::set_threads(int threads) {
  if (threads < 1 || threads > APPROX_MAX_THREADS) {
    return fail(APPROX_INVALID_ARGUMENT, format("an engine uses 1 to %d threads, not %d", APPROX_MAX_THREADS, threads));
  }
  if (has_model_) return fail(APPROX_INVALID_ARGUMENT, "threads are set before the tensors are allocated");
  if (threads != pool_->threads()) pool_ = std::make_unique<ThreadPool>(threads);
  return APPROX_OK;
}

bool Engine::owns(const tflite::Context* context) {
  if (context_ == nullptr) context_ = context;
  return context_ == context;
}

approx_status Engine::claim(std::vector<Operator> operators) {
  claimed_ = std::move(operators);
  taps_.clear();
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
  partition->observe_ranges(observing_);
  locate();
}

void Engine::remove_partition(Partition* partition) {
  std::erase(partitions_, partition);
  std::erase_if(taps_, [partition](const auto& entry) { return entry.first == partition; });
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
  std::vector<Knob> knobs;
  if (!parse_configuration(rung->configuration, configurables_, &knobs, &error)) {
    return fail(APPROX_BAD_CONFIGURATION, "configuration: " + error);
  }
  rung->choices.assign(claimed_.size(), {});
  rung->texts.clear();
  for (size_t i = 0; i < claimed_.size(); ++i) {
    Choice& choice = rung->choices[i];
    choice.knob = knobs[i];
    rung->texts.push_back(to_text(knobs[i]));
    for (const approx_scale& scale : rung->scales) {
      if (scale.operator_index == claimed_[i].index) choice.scale = Grid{scale.scale, scale.zero_point};
    }
    const approx_status status = resolve_weights(*rung, claimed_[i], &choice);
    if (status != APPROX_OK) return status;
  }
  return APPROX_OK;
}

approx_status Engine::resolve_weights(const Rung& rung, const Operator& op, Choice* choice) {
  if (rung.weights == nullptr) return APPROX_OK;
  const bool subset = !choice->knob.inputs.whole();
  if (!subset && choice->knob.rank.whole()) return APPROX_OK;
  Knob atom;
  (subset ? atom.inputs : atom.rank) = subset ? choice->knob.inputs : choice->knob.rank;
  choice->weights = rung.weights->find(rung.name, op.id, to_text(atom));
  if (choice->weights == nullptr) return APPROX_OK;
  const ConvReading reading = conv_reading(op);
  const auto fits = subset ? fits_inputs : fits_rank;
  if (fits(*choice->weights, reading.taps, reading.run, op.out.channels)) return APPROX_OK;
  return fail(APPROX_BAD_CONFIGURATION,
              format("weights for %s/%s do not fit the operator's shape", op.id.c_str(), to_text(atom).c_str()));
}

void Engine::prepare_ladder(Partition* partition) {
  std::vector<std::vector<Choice>> choices(ladder_.size(), std::vector<Choice>(partition->operators().size()));
  for (const Location& location : located_) {
    if (location.partition != partition) continue;
    for (size_t r = 0; r < ladder_.size(); ++r) {
      choices[r][location.local] = ladder_[r].choices[location.claimed];
    }
  }
  partition->set_ladder(choices);
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
    if (rungs[r].weights != nullptr) ladder[r].weights = rungs[r].weights->weights;
    if (rungs[r].name != nullptr) ladder[r].name = rungs[r].name;
    if (!has_model_) continue;
    const approx_status status = resolve(&ladder[r]);
    if (status != APPROX_OK) return status;
  }
  ladder_ = std::move(ladder);
  rung_ = 0;
  for (Partition* partition : partitions_) prepare_ladder(partition);
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
  out->input_tensor = op.inputs.empty() ? -1 : op.inputs[0].number;
  out->output_tensor = op.outputs[0].number;
  return APPROX_OK;
}

approx_status Engine::describe_left(size_t i, approx_left* out) const {
  if (i >= left_.size() || out == nullptr) return APPROX_INVALID_ARGUMENT;
  *out = {};
  out->index = left_[i].index;
  std::strncpy(out->reason, left_[i].reason, sizeof out->reason - 1);
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
  for (Partition* partition : partitions_) partition->observe_ranges(on);
}

approx_status Engine::tap(size_t i, bool output, float* values, size_t count) {
  if (i >= located_.size()) return APPROX_INVALID_ARGUMENT;
  Partition* const partition = located_[i].partition;
  const Tap tap = {located_[i].local, output, values};
  const Operator& op = partition->operators()[tap.op];
  if (values != nullptr) {
    if (folded_away(op)) return fail(APPROX_INVALID_ARGUMENT, op.id + " was " + op.note);
    if (!output && op.inputs.empty()) return fail(APPROX_INVALID_ARGUMENT, op.id + " has no input");
    const size_t size = (output ? op.outputs[0] : op.inputs[0]).size();
    if (count != size) {
      return fail(APPROX_INVALID_ARGUMENT, format("%s has %zu elements there, not %zu", op.id.c_str(), size, count));
    }
  }
  std::erase_if(taps_, [&](const auto& entry) {
    return entry.first == partition && entry.second.op == tap.op && entry.second.output == output;
  });
  if (values != nullptr) taps_.emplace_back(partition, tap);
  std::vector<Tap> of_partition;
  for (const auto& [owner, kept] : taps_) {
    if (owner == partition) of_partition.push_back(kept);
  }
  partition->set_taps(std::move(of_partition));
  return APPROX_OK;
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
