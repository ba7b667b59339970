// What the agent is told when it starts: key=value words, docs/agent-protocol.md.
#ifndef APPROXLITE_AGENT_START_LINE_H_
#define APPROXLITE_AGENT_START_LINE_H_

#include <cstdint>
#include <string>

namespace approxlite::agent {

inline constexpr int kProtocol = 1;

struct StartLine {
  std::string folder;   // of the campaign
  std::string model;    // .tflite
  std::string engine;   // libapproxlite.so
  std::string runtime;  // a library with TensorFlow Lite's C API
  int threads = 1;      // 1..16
  uint64_t seed = 0;    // of the inputs
};

// False, with one line in `error`, for a key that is unknown, missing or given twice, and for values that cannot be.
bool read_start_line(int argc, const char* const* argv, StartLine* out, std::string* error);

}  // namespace approxlite::agent

#endif  // APPROXLITE_AGENT_START_LINE_H_
