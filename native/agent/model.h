// The model under test: ours on a ladder of what is measured next, and stock.
#ifndef APPROXLITE_AGENT_MODEL_H_
#define APPROXLITE_AGENT_MODEL_H_

#include <memory>
#include <string>
#include <vector>

#include "agent/exit_status.h"
#include "agent/interpreter.h"
#include "agent/start_line.h"

namespace approxlite::agent {

class Model : public Runners {
 public:
  ~Model() override;

  // Loads engine, runtime and model. On any status but kDone one line is in `error`.
  ExitStatus load(const StartLine& line, std::string* error);

  Runner* prepare(const std::vector<Block>& blocks, size_t place, std::string* error) override;

  // Opening row's part that speaks of the model, engine and runtime.
  void describe(Opening* out) const;
  size_t operator_count() const { return ours_->operator_ids().size(); }

 private:
  Runtime runtime_ = {};
  EngineLibrary engine_ = {};
  StartLine line_;
  std::string sha256_;
  TfLiteModel* model_ = nullptr;
  std::unique_ptr<Interpreter> ours_, stock_;
  std::vector<Block> ladder_;  // what each rung was made for
};

}  // namespace approxlite::agent

#endif  // APPROXLITE_AGENT_MODEL_H_
