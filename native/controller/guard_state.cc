#include "controller/guard_state.h"

#include <bit>
#include <cmath>
#include <cstring>

namespace approxlite {
namespace {

constexpr uint8_t kMagic[8] = {'A', 'P', 'X', 'G', 'U', 'A', 'R', 'D'};
constexpr uint32_t kVersion = 1;
constexpr size_t kChecksumAt = kSlotBytes - 8;

// Numbers in file order, least significant byte first whatever the machine.
class Writer {
 public:
  explicit Writer(uint8_t* at) : at_(at) {}
  void bytes(const uint8_t* data, size_t size) {
    std::memcpy(at_, data, size);
    at_ += size;
  }
  void u32(uint32_t value) { number(value, 4); }
  void u64(uint64_t value) { number(value, 8); }
  void i32(int32_t value) { u32(static_cast<uint32_t>(value)); }
  void f32(float value) { u32(std::bit_cast<uint32_t>(value)); }
  void f64(double value) { u64(std::bit_cast<uint64_t>(value)); }

 private:
  void number(uint64_t value, int size) {
    for (int i = 0; i < size; ++i) *at_++ = static_cast<uint8_t>(value >> (8 * i));
  }
  uint8_t* at_;
};

class Reader {
 public:
  explicit Reader(const uint8_t* at) : at_(at) {}
  void bytes(uint8_t* data, size_t size) {
    std::memcpy(data, at_, size);
    at_ += size;
  }
  uint32_t u32() { return static_cast<uint32_t>(number(4)); }
  uint64_t u64() { return number(8); }
  int32_t i32() { return static_cast<int32_t>(u32()); }
  float f32() { return std::bit_cast<float>(u32()); }
  double f64() { return std::bit_cast<double>(u64()); }

 private:
  uint64_t number(int size) {
    uint64_t value = 0;
    for (int i = 0; i < size; ++i) value |= static_cast<uint64_t>(*at_++) << (8 * i);
    return value;
  }
  const uint8_t* at_;
};

bool nonnegative(double value) { return std::isfinite(value) && value >= 0; }

// Whether a guard can have been in this state.
bool possible(const GuardState& state) {
  bool right = state.alarm >= APPROX_ALARM_NONE && state.alarm <= APPROX_ALARM_ZERO && state.epsilon > 0 &&
               state.epsilon < 1 && state.disagreements <= state.checks && state.checks <= state.answers &&
               nonnegative(state.weight) && nonnegative(state.differing_weight) &&
               state.differing_weight <= state.weight && state.constant_count >= 0 && state.out_of_range_count >= 0;
  for (const double capital : state.capital) right = right && nonnegative(capital);
  return right;
}

}  // namespace

uint64_t crc64(const uint8_t* data, size_t size) {
  uint64_t crc = ~uint64_t{0};
  for (size_t i = 0; i < size; ++i) {
    crc ^= data[i];
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ (crc & 1 ? 0xc96c5795d7870f42u : 0);
  }
  return ~crc;
}

void write_slot(const GuardState& state, uint64_t sequence, uint8_t slot[kSlotBytes]) {
  std::memset(slot, 0, kSlotBytes);
  Writer writer(slot);
  writer.bytes(kMagic, sizeof kMagic);
  writer.u32(kVersion);
  writer.i32(state.alarm);
  writer.u64(sequence);
  writer.bytes(state.certificate.data(), state.certificate.size());
  writer.f32(state.epsilon);
  writer.u32(state.output_known ? 1 : 0);
  writer.u64(state.answers);
  writer.u64(state.disagreements);
  writer.f64(state.weight);
  writer.f64(state.differing_weight);
  writer.u64(state.random);
  writer.u64(state.checks);
  for (const double capital : state.capital) writer.f64(capital);
  writer.u64(state.output_hash);
  writer.i32(state.constant_count);
  writer.i32(state.out_of_range_count);
  Writer(slot + kChecksumAt).u64(crc64(slot, kChecksumAt));
}

uint64_t read_slot(const uint8_t slot[kSlotBytes], GuardState* state) {
  if (Reader(slot + kChecksumAt).u64() != crc64(slot, kChecksumAt)) return 0;
  Reader reader(slot);
  uint8_t magic[sizeof kMagic];
  reader.bytes(magic, sizeof magic);
  if (std::memcmp(magic, kMagic, sizeof magic) != 0 || reader.u32() != kVersion) return 0;
  GuardState read;
  read.alarm = reader.i32();
  const uint64_t sequence = reader.u64();
  reader.bytes(read.certificate.data(), read.certificate.size());
  read.epsilon = reader.f32();
  read.output_known = reader.u32() != 0;
  read.answers = reader.u64();
  read.disagreements = reader.u64();
  read.weight = reader.f64();
  read.differing_weight = reader.f64();
  read.random = reader.u64();
  read.checks = reader.u64();
  for (double& capital : read.capital) capital = reader.f64();
  read.output_hash = reader.u64();
  read.constant_count = reader.i32();
  read.out_of_range_count = reader.i32();
  if (!possible(read)) return 0;
  if (state != nullptr) *state = read;
  return sequence;
}

Place next_place(const uint8_t both[APPROX_GUARD_STATE_BYTES]) {
  const uint64_t first = read_slot(both, nullptr), second = read_slot(both + kSlotBytes, nullptr);
  return first <= second ? Place{0, second + 1} : Place{1, first + 1};
}

}  // namespace approxlite
