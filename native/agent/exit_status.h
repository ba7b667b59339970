#ifndef APPROXLITE_AGENT_EXIT_STATUS_H_
#define APPROXLITE_AGENT_EXIT_STATUS_H_

namespace approxlite::agent {

// How the agent ends, docs/agent-protocol.md.
enum ExitStatus : int {
  kDone = 0,
  kUnusable = 2,    // the start line, a file or the plan
  kCannotRun = 3,   // the model, here
  kRunning = 16,    // another agent in the same folder
  kNoRoom = 28
};

}  // namespace approxlite::agent

#endif  // APPROXLITE_AGENT_EXIT_STATUS_H_
