#include "agent/model.h"

#include <algorithm>

#include "agent/file.h"
#include "agent/sha256.h"
#include "engine/text.h"

namespace approxlite::agent {
namespace {

constexpr size_t kLargestModel = size_t{2} << 30;  // what a flatbuffer can be

bool same_rung(const Block& a, const Block& b) { return a.configuration == b.configuration && a.scales == b.scales; }

bool holds(const std::vector<const Block*>& ladder, const Block& block) {
  return std::any_of(ladder.begin(), ladder.end(), [&](const Block* rung) { return same_rung(*rung, block); });
}

}  // namespace

Model::~Model() {
  ours_.reset();
  stock_.reset();
  if (model_ != nullptr) runtime_.ModelDelete(model_);
}

ExitStatus Model::load(const StartLine& line, std::string* error) {
  line_ = line;
  {
    std::string content;
    if (!read_file(line.model, kLargestModel, &content, error)) return kUnusable;
    Sha256 hash;
    hash.add(content.data(), content.size());
    sha256_ = hash.digest();
  }
  if (!load_engine(line.engine, &engine_, error) || !load_runtime(line.runtime, &runtime_, error)) return kUnusable;
  model_ = runtime_.ModelCreateFromFile(line.model.c_str());
  if (model_ == nullptr) {
    *error = format("%s: the runtime cannot read it; it is no TensorFlow Lite model", line.model.c_str());
    return kCannotRun;
  }
  ours_ = Interpreter::create({&runtime_, &engine_, model_, line.threads, line.seed}, error);
  return ours_ == nullptr ? kCannotRun : kDone;
}

Runner* Model::prepare(const std::vector<Block>& blocks, size_t place, std::string* error) {
  const Block& block = blocks[place];
  if (block.subject == Subject::kStock) {
    if (stock_ == nullptr) {
      stock_ = Interpreter::create({&runtime_, nullptr, model_, line_.threads, line_.seed}, error);
    }
    return stock_.get();
  }
  const auto found =
      std::find_if(ladder_.begin(), ladder_.end(), [&](const Block& rung) { return same_rung(rung, block); });
  if (found != ladder_.end()) {
    ours_->set_rung(static_cast<int>(found - ladder_.begin()));
    return ours_.get();
  }
  // This rung first, then what comes next, for as long as the ladder has room.
  std::vector<const Block*> ladder = {&block};
  for (size_t i = place + 1; i < blocks.size() && ladder.size() < APPROX_MAX_RUNGS; ++i) {
    if (blocks[i].subject == Subject::kApproxlite && !holds(ladder, blocks[i])) ladder.push_back(&blocks[i]);
  }
  if (!ours_->set_ladder(ladder, error)) {
    // A rung that does not fit the model is told of when its turn has come.
    ladder.resize(1);
    if (!ours_->set_ladder(ladder, error)) return nullptr;
    error->clear();
  }
  ladder_.clear();
  for (const Block* rung : ladder) ladder_.push_back(*rung);
  ours_->set_rung(0);
  return ours_.get();
}

void Model::describe(Opening* out) const {
  out->model_sha256 = sha256_;
  out->numerics_version = engine_.numerics_version();
  const char* const variant = engine_.variant_name(0);
  out->kernel_variant = variant == nullptr ? "" : variant;
  out->features = engine_.cpu_features();
  const char* const version = runtime_.Version();
  out->runtime_version = version == nullptr ? "" : version;
  out->operators = ours_->operators();
}

}  // namespace approxlite::agent
