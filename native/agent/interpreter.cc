#include "agent/interpreter.h"

#include <algorithm>
#include <cstdio>

#include "agent/inputs.h"
#include "agent/sha256.h"
#include "engine/text.h"

namespace approxlite::agent {
namespace {

void keep_complaint(void* said, const char* pattern, va_list values) {
  char line[300];
  vsnprintf(line, sizeof(line), pattern, values);
  std::string& kept = *static_cast<std::string*>(said);
  kept = line;
  std::replace(kept.begin(), kept.end(), '\n', ' ');
}

}  // namespace

std::unique_ptr<Interpreter> Interpreter::create(const Options& options, std::string* error) {
  std::unique_ptr<Interpreter> made(new Interpreter(options));
  if (!made->make(options, error)) return nullptr;
  return made;
}

Interpreter::~Interpreter() {
  if (interpreter_ != nullptr) runtime_.InterpreterDelete(interpreter_);
  if (xnnpack_ != nullptr) runtime_.XNNPackDelegateDelete(xnnpack_);
  if (engine_ != nullptr) engine_library_->destroy(engine_);
}

bool Interpreter::make_engine(int threads, std::string* error) {
  if (engine_library_->create(nullptr, &engine_) != APPROX_OK ||
      engine_library_->set_threads(engine_, threads) != APPROX_OK) {
    *error = "the engine cannot be created, out of memory";
    return false;
  }
  return true;
}

bool Interpreter::make_interpreter(const Options& options, bool with_engine) {
  TfLiteOptions* const settings = runtime_.InterpreterOptionsCreate();
  runtime_.InterpreterOptionsSetNumThreads(settings, options.threads);
  runtime_.InterpreterOptionsSetErrorReporter(settings, &keep_complaint, &said_);
  if (with_engine) {
    void* const delegate = engine_library_->delegate(engine_);
    runtime_.InterpreterOptionsAddDelegate(settings, static_cast<TfLiteDelegate*>(delegate));
  }
  if (xnnpack_ != nullptr) runtime_.InterpreterOptionsAddDelegate(settings, xnnpack_);
  interpreter_ = runtime_.InterpreterCreate(options.model, settings);
  runtime_.InterpreterOptionsDelete(settings);
  return interpreter_ != nullptr;
}

bool Interpreter::make(const Options& options, std::string* error) {
  if (engine_library_ != nullptr && !make_engine(options.threads, error)) return false;
  if (runtime_.XNNPackDelegateCreate != nullptr) {
    XnnpackOptions settings = runtime_.XNNPackDelegateOptionsDefault();
    settings.num_threads = options.threads;
    xnnpack_ = runtime_.XNNPackDelegateCreate(&settings);
  }
  delegated_ = engine_ != nullptr && make_interpreter(options, true);
  // Where a tensor's shape is known only while the model runs, the runtime admits no delegate like ours.
  if (!delegated_ && !make_interpreter(options, false)) {
    *error = "the runtime refuses the model: " + (said_.empty() ? "it does not say why" : said_);
    return false;
  }
  if (runtime_.InterpreterAllocateTensors(interpreter_) != 0) {
    *error = "the runtime cannot allocate the model's tensors: " + (said_.empty() ? "it does not say why" : said_);
    return false;
  }
  if (!fill_inputs(runtime_, interpreter_, options.seed, error)) return false;
  if (delegated_) read_operators();
  return true;
}

void Interpreter::read_operators() {
  const size_t count = engine_library_->operator_count(engine_);
  for (size_t i = 0; i < count; ++i) {
    approx_operator op;
    if (engine_library_->op(engine_, i, &op) != APPROX_OK) return;
    ids_.emplace_back(op.id);
    indices_.push_back(op.index);
  }
}

std::vector<OperatorKnobs> Interpreter::operators() const {
  std::vector<OperatorKnobs> found;
  for (size_t i = 0; i < ids_.size(); ++i) {
    approx_operator op;
    if (engine_library_->op(engine_, i, &op) != APPROX_OK) break;
    OperatorKnobs knobs = {op.id, {}, op.multiply_accumulates};
    for (size_t knob = 0; const char* text = engine_library_->knob(engine_, i, knob); ++knob) {
      knobs.knobs.emplace_back(text);
    }
    found.push_back(std::move(knobs));
  }
  return found;
}

bool Interpreter::set_ladder(const std::vector<const Block*>& rungs, std::string* error) {
  std::vector<std::vector<approx_scale>> scales(rungs.size());
  std::vector<approx_rung> ladder;
  for (size_t rung = 0; rung < rungs.size(); ++rung) {
    const Block& block = *rungs[rung];
    if (!delegated_) {
      if (block.configuration == "exact" && block.scales.empty()) continue;
      *error = "only exact, because the runtime runs the whole model by itself";
      return false;
    }
    for (const Grid& grid : block.scales) {
      const auto found = std::find(ids_.begin(), ids_.end(), grid.operator_id);
      if (found == ids_.end()) {
        *error = format("a scale for '%.64s', which the engine does not run", grid.operator_id.c_str());
        return false;
      }
      scales[rung].push_back({indices_[static_cast<size_t>(found - ids_.begin())], grid.scale, grid.zero_point});
    }
    approx_rung one = {};
    one.configuration = block.configuration.c_str();
    one.scales = scales[rung].data();
    one.scale_count = scales[rung].size();
    ladder.push_back(one);
  }
  if (!delegated_) return true;
  if (engine_library_->set_ladder(engine_, ladder.data(), ladder.size()) == APPROX_OK) return true;
  *error = engine_library_->error(engine_);
  return false;
}

void Interpreter::set_rung(int rung) {
  if (delegated_) engine_library_->set_rung(engine_, rung);
}

void Interpreter::time_operators(bool on) {
  if (delegated_) engine_library_->time_operators(engine_, on ? 1 : 0);
}

void Interpreter::operator_times(int64_t* out) const {
  if (delegated_) engine_library_->operator_times(engine_, out, ids_.size());
}

std::string Interpreter::output_sha256() const {
  Sha256 hash;
  const int32_t count = runtime_.InterpreterGetOutputTensorCount(interpreter_);
  for (int32_t i = 0; i < count; ++i) {
    const TfLiteTensor* const tensor = runtime_.InterpreterGetOutputTensor(interpreter_, i);
    const void* const bytes = runtime_.TensorData(tensor);
    if (bytes != nullptr) hash.add(bytes, runtime_.TensorByteSize(tensor));
  }
  return hash.digest();
}

}  // namespace approxlite::agent
