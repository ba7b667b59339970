// approx-agent: measures a plan on the device it runs on, by itself. docs/agent-protocol.md.
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <string>

#include "agent/agent.h"
#include "agent/clock.h"
#include "agent/folder.h"
#include "agent/model.h"
#include "agent/row_text.h"
#include "agent/start_line.h"

namespace approxlite::agent {
namespace {

volatile sig_atomic_t interrupted = 0;

void interrupt(int) { interrupted = 1; }

// The desk may go away at any time, and its shell with it.
void outlive_the_desk() {
  signal(SIGHUP, SIG_IGN);
  signal(SIGPIPE, SIG_IGN);
  setsid();
  struct sigaction action = {};
  action.sa_handler = &interrupt;
  for (const int each : {SIGTERM, SIGINT}) sigaction(each, &action, nullptr);
}

std::string boot_id() {
  std::string id = read_small_file("/proc/sys/kernel/random/boot_id");
  while (!id.empty() && id.back() == '\n') id.pop_back();
  return id;
}

ExitStatus run(int argc, const char* const* argv, std::string* error) {
  StartLine line;
  if (!read_start_line(argc, argv, &line, error)) return kUnusable;
  Folder folder(line.folder);
  if (const ExitStatus status = folder.lock(error); status != kDone) return status;
  std::vector<Block> plan;
  if (read_plan(folder.plan(), &plan, error) == PlanRead::kUnusable) return kUnusable;
  RowsFile rows;
  if (!rows.open(folder.rows(), error)) return kUnusable;
  Model model;
  if (const ExitStatus status = model.load(line, error); status != kDone) return status;

  Opening opening;
  model.describe(&opening);
  opening.agent = "native " APPROXLITE_VERSION;
  opening.time_s = wall_s();
  opening.boot_id = boot_id();
  const RowsFile::Written opened = rows.append(opening_row(opening), -1);
  if (opened != RowsFile::Written::kYes) {
    *error = rows.error();
    return opened == RowsFile::Written::kNoRoom ? kNoRoom : kUnusable;
  }
  const Device device;
  return Agent(folder, device, &rows, &model, model.operator_count(), &interrupted).run(error);
}

}  // namespace
}  // namespace approxlite::agent

int main(int argc, char** argv) {
  approxlite::agent::outlive_the_desk();
  std::string error;
  const approxlite::agent::ExitStatus status = approxlite::agent::run(argc, argv, &error);
  if (status != approxlite::agent::kDone) fprintf(stderr, "approx-agent: %s\n", error.c_str());
  return status;
}
