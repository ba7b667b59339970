// The C ABI of the guard.
#include <algorithm>
#include <new>

#include "controller/guard.h"
#include "controller/guard_file.h"

namespace {

using approxlite::Guard;
using approxlite::GuardState;
using approxlite::kSlotBytes;

approx_status take_up(Guard& guard, const uint8_t both[APPROX_GUARD_STATE_BYTES]) {
  GuardState first, second;
  const uint64_t one = read_slot(both, &first), two = read_slot(both + kSlotBytes, &second);
  if (one == 0 && two == 0) {
    guard.latch(APPROX_ALARM_UNREADABLE);
    return APPROX_INVALID_ARGUMENT;
  }
  return guard.restore(one > two ? first : second) ? APPROX_OK : APPROX_INVALID_ARGUMENT;
}

}  // namespace

const char* approx_alarm_name(int alarm) {
  switch (alarm) {
    case APPROX_ALARM_NONE: return "none";
    case APPROX_ALARM_DISAGREEMENT: return "disagreement";
    case APPROX_ALARM_NOT_FINITE: return "not_finite";
    case APPROX_ALARM_CONSTANT: return "constant";
    case APPROX_ALARM_OUT_OF_RANGE: return "out_of_range";
    case APPROX_ALARM_UNREADABLE: return "unreadable";
    case APPROX_ALARM_OTHER_POLICY: return "other_policy";
    case APPROX_ALARM_PERSON: return "person";
    case APPROX_ALARM_ZERO: return "zero";
    default: return "unknown";
  }
}

approx_status approx_guard_create(const approx_guard_options* options, approx_guard** out) {
  if (options == nullptr || out == nullptr || !Guard::valid(*options)) return APPROX_INVALID_ARGUMENT;
  auto* guard = new (std::nothrow) approx_guard{Guard(*options)};
  if (guard == nullptr) return APPROX_OUT_OF_MEMORY;
  *out = guard;
  return APPROX_OK;
}

void approx_guard_destroy(approx_guard* guard) { delete guard; }

approx_status approx_guard_get_status(const approx_guard* guard, approx_guard_status* out) {
  if (guard == nullptr || out == nullptr) return APPROX_INVALID_ARGUMENT;
  *out = guard->guard.status();
  return APPROX_OK;
}

approx_status approx_guard_inspect(approx_guard* guard, int32_t rung, const float* output, size_t count, float change,
                                   int32_t* alarm) {
  if (guard == nullptr || output == nullptr || count == 0 || alarm == nullptr) return APPROX_INVALID_ARGUMENT;
  *alarm = guard->guard.inspect(rung, output, count, change);
  return APPROX_OK;
}

approx_status approx_guard_replay(approx_guard* guard, const float* confidences, const uint8_t* differs, size_t count,
                                  size_t* given) {
  if (guard == nullptr || confidences == nullptr || differs == nullptr || given == nullptr) {
    return APPROX_INVALID_ARGUMENT;
  }
  *given = 0;
  while (*given < count && !guard->guard.latched()) {
    if (guard->guard.draw(confidences[*given]).checked) guard->guard.check(differs[*given] != 0);
    ++*given;
  }
  return APPROX_OK;
}

approx_status approx_guard_latch(approx_guard* guard, int32_t alarm) {
  if (guard == nullptr || alarm <= APPROX_ALARM_NONE || alarm > APPROX_ALARM_ZERO) return APPROX_INVALID_ARGUMENT;
  guard->guard.latch(static_cast<approx_alarm>(alarm));
  return APPROX_OK;
}

approx_status approx_guard_recertify(approx_guard* guard, const uint8_t certificate[32], float epsilon) {
  if (guard == nullptr || certificate == nullptr || !(epsilon > 0 && epsilon < 1)) return APPROX_INVALID_ARGUMENT;
  guard->guard.recertify(certificate, epsilon);
  return APPROX_OK;
}

approx_status approx_guard_save(const approx_guard* guard, uint8_t state[APPROX_GUARD_STATE_BYTES]) {
  if (guard == nullptr || state == nullptr) return APPROX_INVALID_ARGUMENT;
  const GuardState now = guard->guard.state();
  for (int i = 0; i < slots_to_write(now); ++i) {
    const approxlite::Place place = approxlite::next_place(state);
    write_slot(now, place.sequence, state + place.slot * kSlotBytes);
  }
  return APPROX_OK;
}

approx_status approx_guard_load(approx_guard* guard, const uint8_t state[APPROX_GUARD_STATE_BYTES]) {
  if (guard == nullptr || state == nullptr) return APPROX_INVALID_ARGUMENT;
  const bool never_saved = std::all_of(state, state + APPROX_GUARD_STATE_BYTES, [](uint8_t byte) { return byte == 0; });
  return never_saved ? APPROX_OK : take_up(guard->guard, state);
}

approx_status approx_guard_save_file(const approx_guard* guard, const char* path) {
  if (guard == nullptr || path == nullptr) return APPROX_INVALID_ARGUMENT;
  return approxlite::write_state_file(path, guard->guard.state()) ? APPROX_OK : APPROX_IO_ERROR;
}

approx_status approx_guard_load_file(approx_guard* guard, const char* path) {
  if (guard == nullptr || path == nullptr) return APPROX_INVALID_ARGUMENT;
  uint8_t both[APPROX_GUARD_STATE_BYTES];
  switch (approxlite::read_state_file(path, both)) {
    case approxlite::StateFile::kMissing: return APPROX_OK;
    case approxlite::StateFile::kRead: return take_up(guard->guard, both);
    case approxlite::StateFile::kUnreadable: break;
  }
  guard->guard.latch(APPROX_ALARM_UNREADABLE);
  return APPROX_INVALID_ARGUMENT;
}

approx_status approx_guard_inject(approx_guard* guard, int32_t fault, float amount) {
  if (guard == nullptr || fault < APPROX_FAULT_NONE || fault > APPROX_FAULT_DISAGREE || !(amount >= 0 && amount <= 1)) {
    return APPROX_INVALID_ARGUMENT;
  }
  guard->guard.inject(static_cast<approx_fault>(fault), amount);
  return APPROX_OK;
}
