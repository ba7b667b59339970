// A maximal run of the model's operators that the engine executes as one node: its memory, its weights and its plans.
#ifndef APPROXLITE_ENGINE_PARTITION_H_
#define APPROXLITE_ENGINE_PARTITION_H_

#include <memory>
#include <optional>
#include <vector>

#include "engine/buffer.h"
#include "engine/operator.h"
#include "engine/plan.h"

namespace approxlite {

// The knob of one operator in one rung, and the scale its int8 input is put on.
struct Choice {
  Knob knob;
  std::optional<InputScale> scale;
};

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

class Partition {
 public:
  // `inputs` and `outputs` are the tensors it shares with the rest of the model; `constants` are (tensor, data) pairs
  // that its operators read as activations. `tensor_count` bounds all tensor numbers.
  Partition(std::vector<Operator> operators, const std::vector<int>& inputs, const std::vector<int>& outputs,
            const std::vector<std::pair<int, const float*>>& constants, size_t tensor_count,
            const KernelTable& kernels);

  const std::vector<Operator>& operators() const { return operators_; }

  // Replaces the ladder: choices[rung][operator]. Makes the plans that are missing.
  void set_ladder(const std::vector<std::vector<Choice>>& choices);

  // Tensors whose memory others own. Their addresses must be placed before the first run and when they change.
  const std::vector<int>& shared_tensors() const { return shared_; }
  void place(int tensor, float* address) {
    if (addresses_[static_cast<size_t>(tensor)] == address) return;
    addresses_[static_cast<size_t>(tensor)] = address;
    bound_ = false;
  }

  // Runs every operator at `rung`. Allocates nothing.
  void run(int rung);

  Recording& recording() { return recording_; }
  size_t bytes() const;

 private:
  struct CachedPlan {
    Choice choice;
    std::unique_ptr<Plan> plan;
    bool used;  // by the ladder
  };

  Plan* plan_for(size_t i, const Choice& choice);
  void plan_memory(const std::vector<int>& outputs, const std::vector<std::pair<int, const float*>>& constants);
  void bind();
  void run_recording(Plan* const* plans);

  std::vector<Operator> operators_;
  const KernelTable& kernels_;
  std::vector<std::unique_ptr<Weights>> weights_;    // by operator, null where there are none
  std::vector<std::vector<CachedPlan>> cache_;       // by operator
  std::vector<size_t> steps_;                        // operators that run, in order
  std::vector<std::vector<Plan*>> rungs_;            // by rung, by step
  std::vector<int> shared_;
  Addresses addresses_;
  bool bound_ = false;
  Buffer arena_, scratch_;
  Recording recording_;
};

}  // namespace approxlite

#endif  // APPROXLITE_ENGINE_PARTITION_H_
