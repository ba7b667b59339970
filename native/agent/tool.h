#ifndef APPROXLITE_AGENT_TOOL_H_
#define APPROXLITE_AGENT_TOOL_H_

#include <optional>
#include <string>
#include <vector>

namespace approxlite::agent {

// What a program on the PATH printed, at most 256 KiB; empty when it cannot be started, fails, or has not ended after
// `limit_s` seconds, when it is killed. Nothing of ours stays open in it.
std::optional<std::string> run_tool(const std::vector<std::string>& command, double limit_s = 5);

}  // namespace approxlite::agent

#endif  // APPROXLITE_AGENT_TOOL_H_
