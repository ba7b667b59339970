#ifndef APPROXLITE_CONTROLLER_GUARD_FILE_H_
#define APPROXLITE_CONTROLLER_GUARD_FILE_H_

#include "controller/guard_state.h"

namespace approxlite {

// What reading a state file came to.
enum class StateFile {
  kRead,
  kMissing,
  kUnreadable  // not a file, not of the right size, or the disk refuses
};

StateFile read_state_file(const char* path, uint8_t both[APPROX_GUARD_STATE_BYTES]);

// Writes `state` into the older slot and flushes it; an alarm into both, one after the other. A file that is missing or
// of another size is replaced in one step. False when the disk refuses; what was there before can then still be read.
bool write_state_file(const char* path, const GuardState& state);

}  // namespace approxlite

#endif  // APPROXLITE_CONTROLLER_GUARD_FILE_H_
