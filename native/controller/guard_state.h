#ifndef APPROXLITE_CONTROLLER_GUARD_STATE_H_
#define APPROXLITE_CONTROLLER_GUARD_STATE_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "approxlite/guard.h"
#include "controller/e_process.h"

namespace approxlite {

// What a guard knows, as it is saved.
struct GuardState {
  std::array<uint8_t, 32> certificate;
  float epsilon;
  int32_t alarm;
  uint64_t answers, disagreements;
  double weight, differing_weight;
  uint64_t random;
  uint64_t checks;
  std::array<double, EProcess::kBets> capital;
  uint64_t output_hash;
  bool output_known;
  int32_t constant_count, out_of_range_count;
};

// A saved state is two slots, each a whole state:
//
//   offset  0  "APXGUARD"           8  version, u32         12  alarm, i32          16  sequence number, u64
//          24  certificate         56  epsilon, f32         60  output known, u32   64  answers, u64
//          72  disagreements, u64  80  weight, f64          88  differing weight, f64
//          96  random, u64        104  checks, u64         112  capital, 2 f64     128  output hash, u64
//         136  constant count, i32 140 out-of-range count, i32    144  zeros       248  CRC-64/XZ of bytes 0..247
//
// all little-endian. The sequence number grows with every save; the newest slot whose checksum and values are right is
// the state. CRC-64 finds every burst of up to 64 bits and misses other damage, such as a write torn in the middle,
// once in 2^64; it needs no table and no key. Against somebody who writes the file on purpose no hash without a secret
// helps.
constexpr size_t kSlotBytes = APPROX_GUARD_STATE_BYTES / 2;

// CRC-64/XZ (ECMA-182 reflected).
uint64_t crc64(const uint8_t* data, size_t size);

// The sequence number of a slot, at least 1; 0 if it cannot be read. `state` may be null.
uint64_t read_slot(const uint8_t slot[kSlotBytes], GuardState* state);
void write_slot(const GuardState& state, uint64_t sequence, uint8_t slot[kSlotBytes]);

// Where the next save goes: the slot that cannot be read or is older, and the sequence number it gets.
struct Place {
  int slot;
  uint64_t sequence;
};
Place next_place(const uint8_t both[APPROX_GUARD_STATE_BYTES]);

// Slots that a save writes, one after the other: an alarm goes into both.
inline int slots_to_write(const GuardState& state) { return state.alarm == APPROX_ALARM_NONE ? 1 : 2; }

}  // namespace approxlite

#endif  // APPROXLITE_CONTROLLER_GUARD_STATE_H_
