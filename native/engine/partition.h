// A maximal run of operators that the engine claimed, with its memory and a plan for every rung.
#ifndef APPROXLITE_ENGINE_PARTITION_H_
#define APPROXLITE_ENGINE_PARTITION_H_

#include <memory>
#include <vector>

#include "engine/buffer.h"
#include "engine/graph.h"
#include "engine/plan.h"
#include "engine/rung_layout.h"
#include "engine/thread_pool.h"

namespace approxlite {

// What an invoke records when somebody wants to know; arrays by operator of the partition.
struct Recording {
  bool times = false;
  bool ranges = false;
  std::vector<int64_t> nanoseconds;
  struct Seen {
    float low, high;
    bool any;
  };
  std::vector<Seen> inputs;
};

// Somebody who wants a copy of an operator's first input or first output, as floats, at every invoke.
struct Tap {
  size_t op;
  bool output;
  float* values;  // theirs
};

class Partition {
 public:
  // `inputs` and `outputs` are the tensors it shares with the rest of the model; `tensor_count` bounds all tensor
  // numbers. `pool` must outlive it.
  Partition(std::vector<Operator> operators, const std::vector<int>& inputs, const std::vector<int>& outputs,
            size_t tensor_count, const KernelTable& kernels, ThreadPool& pool);

  const std::vector<Operator>& operators() const { return graph_.operators(); }

  // Replaces the ladder: choices[rung][operator]. Makes the plans that are missing.
  void set_ladder(const std::vector<std::vector<Choice>>& choices);

  // Tensors whose memory others own. Their addresses must be placed before the first run and when they change.
  const std::vector<int>& shared_tensors() const { return shared_; }
  void place(int tensor, void* address) {
    void*& known = shared_addresses_[static_cast<size_t>(tensor)];
    if (known == address) return;
    known = address;
    bound_ = false;
  }

  // Runs every operator at `rung`. Allocates nothing.
  void run(int rung);

  Recording& recording() { return recording_; }
  void observe_ranges(bool on);
  // Replaces all taps. Prepares the ladder anew, because what is watched is computed whole.
  void set_taps(std::vector<Tap> taps);
  size_t bytes() const;

 private:
  struct CachedPlan {
    PlanChoice choice;
    std::unique_ptr<Plan> plan;
    bool used;  // by the ladder
  };
  // Bytes that the runtime calls signed or unsigned, brought in and out.
  struct Crossing {
    int tensor;
    bool is_signed;
    size_t size;
  };
  struct Step {
    Plan* plan;
    size_t op;
    bool adds;    // does the addition that follows, too
    Plan* alone;  // then, if its own output is watched: what gives that
  };
  struct Rung {
    std::vector<Step> steps;
    std::vector<Form> forms;  // by tensor of the graph
  };

  void make_weights();
  void plan_memory();
  void own_constants();
  Rung prepare(const std::vector<Choice>& choices);
  Plan* plan_for(size_t i, const PlanChoice& choice);
  std::vector<bool> watched_tensors() const;
  void bind();
  void carry(const Crossing& crossing, const void* from, void* to) const;
  void run_recording(const Rung& rung);
  void record_range(const Rung& rung, size_t i);
  void fill_taps(const Rung& rung, size_t i, bool output);
  const void* address(size_t tensor) const {
    return addresses_[static_cast<size_t>(graph_.tensors()[tensor].spec.number)];
  }

  Graph graph_;
  const KernelTable& kernels_;
  ThreadPool& pool_;
  std::vector<std::unique_ptr<Weights>> weights_;  // by operator, null where there are none
  std::vector<std::vector<CachedPlan>> cache_;     // by operator
  std::vector<std::vector<Choice>> choices_;       // of the ladder
  std::vector<Rung> rungs_;
  std::vector<int> shared_;
  Addresses shared_addresses_;  // by tensor number: where the runtime has it
  Addresses addresses_;         // by tensor number: where operators find it
  std::vector<Crossing> imports_, exports_;
  bool bound_ = false;
  Buffer arena_, scratch_, constants_;
  Recording recording_;
  std::vector<Tap> taps_;
};

}  // namespace approxlite

#endif  // APPROXLITE_ENGINE_PARTITION_H_
