// The folder of a campaign on the device, docs/agent-protocol.md.
#ifndef APPROXLITE_AGENT_FOLDER_H_
#define APPROXLITE_AGENT_FOLDER_H_

#include <string>

#include "agent/exit_status.h"
#include "agent/file.h"

namespace approxlite::agent {

class Folder {
 public:
  explicit Folder(std::string path) : path_(std::move(path)) {}
  // Gives the folder up: `lock` stays, empty, because another agent may be waiting to hold it.
  ~Folder();

  // Makes this the folder's only agent for as long as the process lives, however it ends.
  ExitStatus lock(std::string* error);

  std::string plan() const { return path_ + "/plan.jsonl"; }
  std::string rows() const { return path_ + "/rows.jsonl"; }
  // Whether the desk asks to stop.
  bool stop() const;

 private:
  std::string path_;
  File lock_;
};

}  // namespace approxlite::agent

#endif  // APPROXLITE_AGENT_FOLDER_H_
