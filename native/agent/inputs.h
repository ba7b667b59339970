#ifndef APPROXLITE_AGENT_INPUTS_H_
#define APPROXLITE_AGENT_INPUTS_H_

#include <cstdint>
#include <string>

#include "agent/runtime.h"

namespace approxlite::agent {

// Fills every input, in the model's order, from one stream of SplitMix64 numbers: docs/agent-protocol.md says how.
// False, with one line in `error`, for an input of a type that it knows no values for.
bool fill_inputs(const Runtime& runtime, const TfLiteInterpreter* interpreter, uint64_t seed, std::string* error);

// `bytes` bytes of elements of TensorFlow Lite's type `type` at `out`; `*state` is the stream's. False for a type it
// knows no values for.
bool fill_values(int type, size_t bytes, uint64_t* state, void* out);

}  // namespace approxlite::agent

#endif  // APPROXLITE_AGENT_INPUTS_H_
