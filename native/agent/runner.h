#ifndef APPROXLITE_AGENT_RUNNER_H_
#define APPROXLITE_AGENT_RUNNER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "agent/plan.h"

namespace approxlite::agent {

// A model that can be run, its inputs set.
class Runner {
 public:
  virtual ~Runner() = default;

  // One inference. No allocation of ours, no clock, no log. False when the runtime refuses.
  virtual bool invoke() = 0;

  // Whether inferences time each operator.
  virtual void time_operators(bool on) = 0;
  // Ids of the operators that can be timed, in the order of `operator_times`.
  virtual const std::vector<std::string>& operator_ids() const = 0;
  // Nanoseconds of each in the last inference; 0 for one that was folded into another.
  virtual void operator_times(int64_t* out) const = 0;

  // SHA-256 of the bytes of all outputs of the last inference, in the model's order.
  virtual std::string output_sha256() const = 0;
};

// Where runners come from.
class Runners {
 public:
  virtual ~Runners() = default;

  // Makes ready what `blocks[place]` measures, and what the blocks after it measure as far as that costs nothing more.
  // nullptr, with one line in `error`, when it cannot be.
  virtual Runner* prepare(const std::vector<Block>& blocks, size_t place, std::string* error) = 0;
};

}  // namespace approxlite::agent

#endif  // APPROXLITE_AGENT_RUNNER_H_
