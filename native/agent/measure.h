// Measuring one block.
#ifndef APPROXLITE_AGENT_MEASURE_H_
#define APPROXLITE_AGENT_MEASURE_H_

#include <signal.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "agent/device.h"
#include "agent/latencies.h"
#include "agent/plan.h"
#include "agent/runner.h"

namespace approxlite::agent {

// What a block came to; kept between blocks, so that measuring does not allocate.
struct Measured {
  Measured();

  int64_t begin_ns = 0, end_ns = 0;  // boot_ns, around the counted inferences
  double time_s = 0;                 // since 1970, at the end
  Latencies latencies;
  std::vector<std::pair<std::string, int64_t>> operator_ns;  // medians
  DeviceState before, after;
  std::vector<Reading> readings;
  std::string output_sha256;  // "" for idle
  double waited_s = 0;
  const char* ended = "";     // "done", "longest" or "throttled"
};

enum class Came {
  kMeasured,
  kStopped,  // by a signal, or waiting was given up: there is no row
  kRefused   // the runtime would not run the model
};

// Runs `block` on `runner` (nullptr for idle) and fills `out` in. Readings and clocks apart, nothing of ours runs
// between inferences. `look` holds how the device is now, and where a block was measured, how it is afterwards. Stops
// early once `*interrupted` is not 0.
Came measure(const Block& block, Runner* runner, const Device& device, const volatile sig_atomic_t* interrupted,
             Look* look, Measured* out);

}  // namespace approxlite::agent

#endif  // APPROXLITE_AGENT_MEASURE_H_
