// One TensorFlow Lite interpreter, with our engine or without.
#ifndef APPROXLITE_AGENT_INTERPRETER_H_
#define APPROXLITE_AGENT_INTERPRETER_H_

#include <memory>
#include <string>
#include <vector>

#include "agent/engine_library.h"
#include "agent/row_text.h"
#include "agent/runner.h"
#include "agent/runtime.h"

namespace approxlite::agent {

class Interpreter : public Runner {
 public:
  struct Options {
    const Runtime* runtime;
    const EngineLibrary* engine;  // nullptr: stock
    const TfLiteModel* model;     // outlives the interpreter
    int threads;
    uint64_t seed;  // of the inputs
  };

  // Ready to run, inputs set. XNNPACK runs what our engine does not. Null, with one line in `error`, where the runtime
  // refuses the model.
  static std::unique_ptr<Interpreter> create(const Options& options, std::string* error);
  ~Interpreter() override;

  bool invoke() override { return runtime_.InterpreterInvoke(interpreter_) == 0; }
  void time_operators(bool on) override;
  const std::vector<std::string>& operator_ids() const override { return ids_; }
  void operator_times(int64_t* out) const override;
  std::string output_sha256() const override;

  // Of our engine; empty where it runs nothing.
  std::vector<OperatorKnobs> operators() const;
  // One rung for each block, in their order. False, with one line in `error`; the old ladder stays.
  bool set_ladder(const std::vector<const Block*>& rungs, std::string* error);
  void set_rung(int rung);

 private:
  explicit Interpreter(const Options& options) : runtime_(*options.runtime), engine_library_(options.engine) {}

  bool make_engine(int threads, std::string* error);
  bool make(const Options& options, std::string* error);
  bool make_interpreter(const Options& options, bool with_engine);
  void read_operators();

  const Runtime& runtime_;
  const EngineLibrary* engine_library_;
  approx_engine* engine_ = nullptr;
  bool delegated_ = false;  // whether the runtime admitted the engine
  TfLiteDelegate* xnnpack_ = nullptr;
  TfLiteInterpreter* interpreter_ = nullptr;
  std::string said_;  // the runtime's last complaint
  std::vector<std::string> ids_;
  std::vector<int32_t> indices_;  // of the operators in the model
};

}  // namespace approxlite::agent

#endif  // APPROXLITE_AGENT_INTERPRETER_H_
