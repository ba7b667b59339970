#include "engine/partition.h"

#include <algorithm>
#include <cstring>

#include "engine/arena.h"
#include "engine/lowering.h"

namespace approxlite {
namespace {

// Plans of knobs that no rung uses are kept for the next ladder, but not without end.
constexpr size_t kMostCachedPlans = 64;

}  // namespace

Partition::Partition(std::vector<Operator> operators, const std::vector<int>& inputs, const std::vector<int>& outputs,
                     size_t tensor_count, const KernelTable& kernels, ThreadPool& pool)
    : graph_(lowered(std::move(operators), outputs), inputs, outputs, tensor_count),
      kernels_(kernels),
      pool_(pool),
      cache_(graph_.operators().size()),
      shared_addresses_(tensor_count),
      addresses_(tensor_count) {
  make_weights();
  for (const TensorNode& node : graph_.tensors()) {
    if (!node.shared_input && !node.shared_output) continue;
    shared_.push_back(node.spec.number);
    if (!node.spec.eight_bit()) continue;
    const Crossing crossing = {node.spec.number, node.spec.type == ElementType::kInt8, node.spec.size()};
    (node.shared_input ? imports_ : exports_).push_back(crossing);
  }
  own_constants();
  plan_memory();
  recording_.nanoseconds.resize(graph_.operators().size());
  recording_.inputs.resize(graph_.operators().size());
}

void Partition::make_weights() {
  for (const Operator& op : graph_.operators()) {
    if (op.type == OperatorType::kDepthwiseConv2d) {
      weights_.push_back(std::make_unique<Weights>(op.weights, op.weights.rows, op.weights.columns, kernels_));
    } else if (op.weighted()) {
      const ConvReading reading = conv_reading(op);
      weights_.push_back(std::make_unique<Weights>(op.weights, reading.taps, reading.run, kernels_));
    } else {
      weights_.push_back(nullptr);
    }
  }
}

// Constants are read where they are, but for signed bytes, which are brought onto our grid once.
void Partition::own_constants() {
  size_t total = 0;
  for (const TensorNode& node : graph_.tensors()) {
    if (node.spec.constant() && node.spec.eight_bit()) total += node.spec.size() + kReadSlackBytes;
  }
  constants_ = Buffer(total);
  uint8_t* next = constants_.data();
  for (const TensorNode& node : graph_.tensors()) {
    if (!node.spec.constant()) continue;
    void*& address = addresses_[static_cast<size_t>(node.spec.number)];
    address = const_cast<void*>(node.spec.data);
    if (!node.spec.eight_bit()) continue;
    const size_t size = node.spec.size();
    std::memcpy(next, node.spec.data, size);
    if (node.spec.type == ElementType::kInt8) kernels_.flip(next, size, next);
    address = next;
    next += size + kReadSlackBytes;
  }
}

void Partition::plan_memory() {
  const std::vector<TensorNode>& tensors = graph_.tensors();
  const int last_step = static_cast<int>(graph_.steps().size());
  std::vector<int> step_of(graph_.operators().size(), 0);
  for (size_t step = 0; step < graph_.steps().size(); ++step) step_of[graph_.steps()[step]] = static_cast<int>(step);
  std::vector<Lifetime> lifetimes(tensors.size());
  std::vector<bool> ours(tensors.size(), false);
  for (size_t t = 0; t < tensors.size(); ++t) {
    const TensorNode& node = tensors[t];
    if (node.spec.constant()) continue;
    Lifetime& lifetime = lifetimes[node.alias];
    const bool crosses = node.shared_input || node.shared_output;
    int first = node.shared_input ? 0 : step_of[static_cast<size_t>(node.producer)];
    int last = node.shared_output ? last_step : first;
    for (const Reader& reader : node.readers) last = std::max(last, step_of[reader.op]);
    if (node.alias != t) {
      lifetime.last = std::max(lifetime.last, last);
      continue;
    }
    ours[t] = !crosses || node.spec.eight_bit();
    lifetime = {.bytes = element_bytes(node.spec.type) * node.spec.size(), .first = first, .last = last};
  }
  // A convolution may write the output of the addition that follows it.
  for (const size_t i : graph_.steps()) {
    const int addition = graph_.operators()[i].addition;
    if (addition < 0) continue;
    Lifetime& sum = lifetimes[graph_.output(graph_.operators()[static_cast<size_t>(addition)])];
    sum.first = std::min(sum.first, step_of[i]);
  }
  std::vector<Lifetime> placed;
  for (size_t t = 0; t < tensors.size(); ++t) {
    if (ours[t]) placed.push_back(lifetimes[t]);
  }
  arena_ = Buffer(plan_arena(&placed));
  size_t next = 0;
  for (size_t t = 0; t < tensors.size(); ++t) {
    if (ours[t]) addresses_[static_cast<size_t>(tensors[t].spec.number)] = arena_.data() + placed[next++].offset;
  }
}

std::vector<bool> Partition::watched_tensors() const {
  std::vector<bool> watched(graph_.tensors().size(), false);
  for (const Tap& tap : taps_) {
    const Operator& op = graph_.operators()[tap.op];
    watched[tap.output ? graph_.output(op) : graph_.input(op, 0)] = true;
  }
  for (const size_t i : graph_.steps()) {
    if (recording_.ranges && graph_.operators()[i].weighted()) watched[graph_.input(graph_.operators()[i], 0)] = true;
  }
  return watched;
}

Plan* Partition::plan_for(size_t i, const PlanChoice& choice) {
  std::vector<CachedPlan>& cached = cache_[i];
  for (CachedPlan& entry : cached) {
    if (entry.choice == choice) {
      entry.used = true;
      return entry.plan.get();
    }
  }
  if (cached.size() >= kMostCachedPlans) {
    std::erase_if(cached, [](const CachedPlan& entry) { return !entry.used; });
  }
  const Operator& op = graph_.operators()[i];
  const Operator* addition = op.addition >= 0 ? &graph_.operators()[static_cast<size_t>(op.addition)] : nullptr;
  const PlanContext context = {op, addition, kernels_, weights_[i].get(), pool_.threads()};
  cached.push_back({choice, make_plan(context, choice), true});
  return cached.back().plan.get();
}

Partition::Rung Partition::prepare(const std::vector<Choice>& choices) {
  const std::vector<bool> watched = watched_tensors();
  const RungLayout layout = lay_out(graph_, choices, watched);
  Rung rung;
  rung.forms = layout.forms;
  for (const size_t i : graph_.steps()) {
    if (layout.added[i]) continue;
    const Operator& op = graph_.operators()[i];
    PlanChoice choice;
    choice.knob = choices[i].knob;
    choice.own_weights = choices[i].weights;
    for (size_t input = 0; input < op.inputs.size(); ++input) {
      choice.inputs.push_back(layout.forms[graph_.input(op, input)]);
    }
    if (choice.knob.int8) choice.scale = choices[i].scale;
    const size_t written = written_tensor(graph_, layout, i);
    choice.output = layout.forms[written];
    choice.demand = layout.demand[written];
    Step step = {nullptr, i, layout.adds[i], nullptr};
    if (layout.adds[i] && watched[graph_.output(op)]) {
      PlanChoice alone = choice;
      alone.output = layout.forms[graph_.output(op)];
      alone.demand = {};
      step.alone = plan_for(i, alone);
    }
    choice.add = layout.adds[i];
    if (choice.add) {
      const Operator& addition = graph_.operators()[static_cast<size_t>(op.addition)];
      choice.addend = layout.forms[graph_.input(addition, static_cast<size_t>(op.addend_input))];
    }
    step.plan = plan_for(i, choice);
    rung.steps.push_back(step);
  }
  return rung;
}

void Partition::set_ladder(const std::vector<std::vector<Choice>>& choices) {
  if (&choices != &choices_) choices_ = choices;
  for (std::vector<CachedPlan>& cached : cache_) {
    for (CachedPlan& entry : cached) entry.used = false;
  }
  rungs_.clear();
  for (const std::vector<Choice>& rung : choices_) rungs_.push_back(prepare(rung));
  size_t scratch = 0;
  for (const std::vector<CachedPlan>& cached : cache_) {
    for (const CachedPlan& entry : cached) {
      if (entry.used) scratch = std::max(scratch, entry.plan->scratch_bytes());
    }
  }
  if (scratch > scratch_.bytes()) scratch_ = Buffer(scratch);
  // A plan that the last ladder did not use has missed what was bound since.
  bound_ = false;
}

void Partition::bind() {
  for (const TensorNode& node : graph_.tensors()) {
    const size_t number = static_cast<size_t>(node.spec.number);
    if ((node.shared_input || node.shared_output) && !node.spec.eight_bit()) {
      addresses_[number] = shared_addresses_[number];
    }
  }
  for (const TensorNode& node : graph_.tensors()) {
    addresses_[static_cast<size_t>(node.spec.number)] =
        addresses_[static_cast<size_t>(graph_.tensors()[node.alias].spec.number)];
  }
  for (std::vector<CachedPlan>& cached : cache_) {
    for (CachedPlan& entry : cached) {
      if (entry.used) entry.plan->bind(addresses_, scratch_.data());
    }
  }
  bound_ = true;
}

// Signed bytes become unsigned by the same step that makes them signed again.
void Partition::carry(const Crossing& crossing, const void* from, void* to) const {
  if (crossing.is_signed) {
    kernels_.flip(static_cast<const uint8_t*>(from), crossing.size, static_cast<uint8_t*>(to));
  } else {
    std::memcpy(to, from, crossing.size);
  }
}

void Partition::run(int rung) {
  if (!bound_) bind();
  for (const Crossing& in : imports_) {
    const size_t number = static_cast<size_t>(in.tensor);
    carry(in, shared_addresses_[number], addresses_[number]);
  }
  const Rung& chosen = rungs_[static_cast<size_t>(rung)];
  if (recording_.times || recording_.ranges || !taps_.empty()) {
    run_recording(chosen);
  } else {
    for (const Step& step : chosen.steps) {
      step.plan->run(pool_);
      kernels_.leave();
    }
  }
  for (const Crossing& out : exports_) {
    const size_t number = static_cast<size_t>(out.tensor);
    carry(out, addresses_[number], shared_addresses_[number]);
  }
  kernels_.leave();
}

size_t Partition::bytes() const {
  size_t total = arena_.bytes() + scratch_.bytes() + constants_.bytes();
  for (const auto& weights : weights_) total += weights != nullptr ? weights->bytes() : 0;
  for (const auto& cached : cache_) {
    for (const CachedPlan& entry : cached) total += entry.plan->bytes();
  }
  return total;
}

}  // namespace approxlite
