// The clocks of a measurement.
#ifndef APPROXLITE_AGENT_CLOCK_H_
#define APPROXLITE_AGENT_CLOCK_H_

#include <time.h>

#include <cstdint>

namespace approxlite::agent {

inline constexpr int64_t kSecond = 1'000'000'000;
inline constexpr int64_t kMillisecond = 1'000'000;

inline int64_t clock_ns(clockid_t clock) {
  timespec now;
  clock_gettime(clock, &now);
  return now.tv_sec * kSecond + now.tv_nsec;
}

// Never goes back and counts sleep: what rows are stamped with.
inline int64_t boot_ns() { return clock_ns(CLOCK_BOOTTIME); }
// Cheapest to read: what one inference is timed with.
inline int64_t monotonic_ns() { return clock_ns(CLOCK_MONOTONIC); }
// Since 1970, in seconds.
inline double wall_s() { return static_cast<double>(clock_ns(CLOCK_REALTIME)) / kSecond; }

// Until `boot_ns()` is `end_ns`, or a signal arrives.
inline void sleep_until(int64_t end_ns) {
  const timespec end = {static_cast<time_t>(end_ns / kSecond), static_cast<long>(end_ns % kSecond)};
  if (end_ns > 0) clock_nanosleep(CLOCK_BOOTTIME, TIMER_ABSTIME, &end, nullptr);
}

}  // namespace approxlite::agent

#endif  // APPROXLITE_AGENT_CLOCK_H_
