// The engine behind the C ABI: the partitions of one model, and the ladder they share.
#ifndef APPROXLITE_ENGINE_ENGINE_H_
#define APPROXLITE_ENGINE_ENGINE_H_

#include <memory>
#include <string>
#include <vector>

#include "approxlite/engine.h"
#include "delegate/tflite_abi.h"
#include "engine/configuration.h"
#include "engine/partition.h"

struct approx_weights {
  std::shared_ptr<const approxlite::RungWeights> weights;
};

namespace approxlite {

class Engine {
 public:
  explicit Engine(const KernelTable& kernels);
  virtual ~Engine() = default;
  Engine(const Engine&) = delete;

  // Whoever made the engine and every node of the runtime that uses it share it; the last to release deletes it.
  void retain() { ++references_; }
  void release() {
    if (--references_ == 0) delete this;
  }

  const KernelTable& kernels() const { return kernels_; }
  ThreadPool& pool() { return *pool_; }
  approx_status set_threads(int threads);
  tflite::Delegate* delegate() { return &delegate_; }

  // Whether the engine takes models from this context: the first that asks, a model's main subgraph.
  bool owns(const tflite::Context* context);
  // A runtime hands over a model: forgets the last one. `operators` are those the engine can run, in model order, with
  // their partition still unknown. Fails if the ladder does not fit them.
  approx_status claim(std::vector<Operator> operators);
  // Before `claim`: what the last model left to the runtime is forgotten; one more of this model, and why.
  void leave_nothing() { left_.clear(); }
  void leave(int index, const char* reason) { left_.push_back({index, reason}); }
  // The claimed operator of that index, null if there is none.
  const Operator* claimed(int index) const;
  void add_partition(Partition* partition);
  void remove_partition(Partition* partition);
  // Prepares every rung in a partition that has been added.
  void prepare_ladder(Partition* partition);

  approx_status set_ladder(const approx_rung* rungs, size_t count);
  approx_status set_rung(int rung);
  int rung() const { return rung_; }
  int rung_count() const { return static_cast<int>(ladder_.size()); }
  const char* rung_knob(int rung, size_t i) const;

  // Claimed operators once their partitions exist, in model order.
  size_t operator_count() const { return located_.size(); }
  approx_status describe(size_t i, approx_operator* out) const;
  const char* knob(size_t i, size_t knob) const;
  size_t left_count() const { return left_.size(); }
  approx_status describe_left(size_t i, approx_left* out) const;

  void time_operators(bool on);
  void observe_ranges(bool on);
  approx_status operator_times(int64_t* nanoseconds, size_t count) const;
  approx_status range(size_t i, float* low, float* high) const;
  approx_status tap(size_t i, bool output, float* values, size_t count);
  size_t bytes() const;

  const char* error() const { return error_.c_str(); }
  approx_status fail(approx_status status, std::string error);

 private:
  struct Rung {
    std::string configuration;
    std::vector<approx_scale> scales;
    std::shared_ptr<const RungWeights> weights;
    std::string name;
    // By claimed operator.
    std::vector<Choice> choices;
    std::vector<std::string> texts;  // of the knobs
  };
  struct Left {
    int index;
    const char* reason;
  };
  struct Location {
    Partition* partition;
    int partition_index;
    size_t local;  // operator of the partition
    size_t claimed;
    std::vector<std::string> knobs;
  };

  approx_status resolve(Rung* rung);
  approx_status resolve_weights(const Rung& rung, const Operator& op, Choice* choice);
  void locate();

  int references_ = 1;
  const KernelTable& kernels_;
  tflite::Delegate delegate_ = {};
  const tflite::Context* context_ = nullptr;
  std::vector<Operator> claimed_;
  std::vector<Configurable> configurables_;
  std::vector<Left> left_;
  bool has_model_ = false;
  std::unique_ptr<ThreadPool> pool_;
  std::vector<Partition*> partitions_;  // owned by the runtime's nodes
  std::vector<Location> located_;
  std::vector<Rung> ladder_;
  int rung_ = 0;
  bool timing_ = false, observing_ = false;
  std::vector<std::pair<Partition*, Tap>> taps_;
  std::string error_;
};

}  // namespace approxlite

#endif  // APPROXLITE_ENGINE_ENGINE_H_
