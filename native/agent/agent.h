// Measures a plan block by block and writes what came of it.
#ifndef APPROXLITE_AGENT_AGENT_H_
#define APPROXLITE_AGENT_AGENT_H_

#include <signal.h>

#include <string>
#include <vector>

#include "agent/device.h"
#include "agent/exit_status.h"
#include "agent/folder.h"
#include "agent/measure.h"
#include "agent/rows_file.h"
#include "agent/runner.h"

namespace approxlite::agent {

class Agent {
 public:
  // All are borrowed. `interrupted` is set by signals. `operators`: how many a row may tell of.
  Agent(const Folder& folder, const Device& device, RowsFile* rows, Runners* runners, size_t operators,
        const volatile sig_atomic_t* interrupted)
      : folder_(folder),
        device_(device),
        rows_(*rows),
        runners_(*runners),
        operators_(operators),
        interrupted_(*interrupted) {}

  // Until the plan is done and has not grown, the desk asks to stop, a signal arrives or something fails. The last row
  // says which. One line is in `error` unless the status is kDone.
  ExitStatus run(std::string* error);

 private:
  enum class Step { kGoOn, kEnd };

  // Blocks of the plan that have no row, in their order.
  ExitStatus read_pending(std::vector<Block>* out, std::string* error) const;
  Step measure_one(const std::vector<Block>& blocks, size_t place);
  // How the device is now, as far as it was not asked just before.
  void take_look();
  // Until every sensor is below; false if it was told to end meanwhile.
  bool cool_down(double hottest_c);
  bool told_to_end();
  Step fail(ExitStatus status, std::string why);
  Step written(RowsFile::Written how);

  const Folder& folder_;
  const Device& device_;
  RowsFile& rows_;
  Runners& runners_;
  size_t operators_;
  const volatile sig_atomic_t& interrupted_;
  Measured measured_;
  Look look_;
  ExitStatus status_ = kDone;
  std::string why_ = "done";
};

}  // namespace approxlite::agent

#endif  // APPROXLITE_AGENT_AGENT_H_
