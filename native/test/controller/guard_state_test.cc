#include "controller/guard_state.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <memory>
#include <vector>

#include "controller/guard.h"
#include "controller/random.h"
#include "guard_options.h"

namespace {

using approxlite::GuardState;
using approxlite::kSlotBytes;
using approxlite::Random;
using State = std::array<uint8_t, APPROX_GUARD_STATE_BYTES>;
using Handle = GuardHandle;

void save(const Handle& guard, State& state) { ASSERT_EQ(approx_guard_save(guard.get(), state.data()), APPROX_OK); }

// `count` answers, of which one in `every` differs; canaries draw what they will.
void live(const Handle& guard, int count, int every) {
  for (int i = 0; i < count; ++i) {
    if (guard->guard.draw(i % 11 == 0 ? 1.0f : 9.0f).checked) guard->guard.check(i % every == 0);
    const float output[] = {static_cast<float>(i), 1, 2};
    guard->guard.inspect(0, output, 3, 1);
  }
}

// A state of two saves without an alarm, and the guard that saved it.
std::pair<Handle, State> saved() {
  Handle guard = create();
  State state = {};
  live(guard, 1000, 100);
  save(guard, state);
  live(guard, 1000, 100);
  save(guard, state);
  return {std::move(guard), state};
}

TEST(GuardState, ChecksumIsCrc64Xz) {
  EXPECT_EQ(approxlite::crc64(reinterpret_cast<const uint8_t*>("123456789"), 9), 0x995dc9bbdf1939fau);
}

TEST(GuardState, IsTheSameBytesOnEveryDevice) {
  GuardState state = {};
  for (int i = 0; i < 32; ++i) state.certificate[i] = static_cast<uint8_t>(i);
  state.epsilon = 0.5f;
  state.alarm = APPROX_ALARM_CONSTANT;
  state.answers = 0x0102030405060708;
  state.disagreements = 1;
  state.weight = 2;
  state.differing_weight = 1;
  state.random = 0x1112131415161718;
  state.checks = 3;
  state.capital = {0.25, 0.125};
  state.output_hash = 7;
  state.output_known = true;
  state.constant_count = 5;
  state.out_of_range_count = 1;
  uint8_t slot[kSlotBytes];
  write_slot(state, 9, slot);
  const std::vector<uint8_t> head = {'A', 'P', 'X', 'G', 'U', 'A', 'R', 'D', 1, 0, 0, 0, 3, 0, 0, 0, 9, 0, 0, 0, 0, 0};
  EXPECT_TRUE(std::equal(head.begin(), head.end(), slot));
  const std::vector<uint8_t> answers = {0, 0, 0, 0x3f, 1, 0, 0, 0, 8, 7, 6, 5, 4, 3, 2, 1};
  EXPECT_TRUE(std::equal(answers.begin(), answers.end(), slot + 56));
  uint64_t checksum = 0;
  for (int i = 0; i < 8; ++i) checksum |= static_cast<uint64_t>(slot[248 + i]) << (8 * i);
  EXPECT_EQ(checksum, approxlite::crc64(slot, 248));
  GuardState read;
  EXPECT_EQ(read_slot(slot, &read), 9u);
  uint8_t again[kSlotBytes];
  write_slot(read, 9, again);
  EXPECT_EQ(std::memcmp(slot, again, kSlotBytes), 0);
}

TEST(GuardState, AGuardTakenUpGoesOnBitForBit) {
  auto [guard, state] = saved();
  Handle other = create();
  ASSERT_EQ(approx_guard_load(other.get(), state.data()), APPROX_OK);
  live(guard, 2000, 60);
  live(other, 2000, 60);
  State one = {}, two = {};
  save(guard, one);
  save(other, two);
  EXPECT_EQ(one, two);
  EXPECT_GT(status_of(other).canaries, 20u);
}

TEST(GuardState, AFreshSeedDrawsAnewButKeepsTheEvidence) {
  auto [guard, state] = saved();
  approx_guard_options options = ordinary();
  options.seed = 12345;
  Handle other = create(options);
  ASSERT_EQ(approx_guard_load(other.get(), state.data()), APPROX_OK);
  EXPECT_EQ(status_of(other).e_value, status_of(guard).e_value);
  int different = 0;
  for (int i = 0; i < 2000; ++i) different += guard->guard.draw(9).checked != other->guard.draw(9).checked;
  EXPECT_GT(different, 0);
}

TEST(GuardState, EveryAlarmOutlivesARestart) {
  for (int alarm = APPROX_ALARM_DISAGREEMENT; alarm <= APPROX_ALARM_ZERO; ++alarm) {
    auto [guard, state] = saved();
    ASSERT_EQ(approx_guard_latch(guard.get(), alarm), APPROX_OK);
    save(guard, state);
    Handle other = create();
    EXPECT_EQ(approx_guard_load(other.get(), state.data()), APPROX_OK);
    EXPECT_EQ(status_of(other).alarm, alarm);
  }
}

TEST(GuardState, NeverSavedIsNoAlarm) {
  const State nothing = {};
  Handle guard = create();
  EXPECT_EQ(approx_guard_load(guard.get(), nothing.data()), APPROX_OK);
  EXPECT_EQ(status_of(guard).alarm, APPROX_ALARM_NONE);
}

TEST(GuardState, AnotherCertificateOrEpsilonLatches) {
  const auto [guard, state] = saved();
  approx_guard_options other_certificate = ordinary(), other_epsilon = ordinary();
  other_certificate.certificate[31] ^= 1;
  other_epsilon.epsilon = 0.03f;
  for (const approx_guard_options& options : {other_certificate, other_epsilon}) {
    Handle other = create(options);
    EXPECT_EQ(approx_guard_load(other.get(), state.data()), APPROX_INVALID_ARGUMENT);
    EXPECT_EQ(status_of(other).alarm, APPROX_ALARM_OTHER_POLICY);
    EXPECT_EQ(status_of(other).canaries, 0u) << "its evidence is not ours";
  }
}

TEST(GuardState, LoadingNeverUnlatches) {
  const auto [guard, state] = saved();
  Handle latched = create();
  ASSERT_EQ(approx_guard_latch(latched.get(), APPROX_ALARM_PERSON), APPROX_OK);
  EXPECT_EQ(approx_guard_load(latched.get(), state.data()), APPROX_OK);
  EXPECT_EQ(status_of(latched).alarm, APPROX_ALARM_PERSON);
}

TEST(GuardState, RecertifiedStateIsTakenUpUnderTheNewCertificateAlone) {
  auto [guard, state] = saved();
  ASSERT_EQ(approx_guard_latch(guard.get(), APPROX_ALARM_CONSTANT), APPROX_OK);
  save(guard, state);
  approx_guard_options renewed = ordinary();
  renewed.certificate[0] = 77;
  ASSERT_EQ(approx_guard_recertify(guard.get(), renewed.certificate, renewed.epsilon), APPROX_OK);
  save(guard, state);
  Handle now = create(renewed), before = create();
  EXPECT_EQ(approx_guard_load(now.get(), state.data()), APPROX_OK);
  EXPECT_EQ(status_of(now).alarm, APPROX_ALARM_NONE);
  EXPECT_EQ(approx_guard_load(before.get(), state.data()), APPROX_INVALID_ARGUMENT);
}

// The machine dies during a save, at every byte of it.
TEST(GuardState, AKillDuringASaveLeavesTheStateBeforeOrAfter) {
  auto [guard, before] = saved();
  live(guard, 500, 40);
  State after = before;
  save(guard, after);
  const size_t slot = std::memcmp(before.data(), after.data(), kSlotBytes) == 0 ? kSlotBytes : 0;
  Handle old_guard = create(), new_guard = create();
  approx_guard_load(old_guard.get(), before.data());
  approx_guard_load(new_guard.get(), after.data());
  const uint64_t old_answers = status_of(old_guard).answers, new_answers = status_of(new_guard).answers;
  ASSERT_NE(old_answers, new_answers);
  for (size_t written = 0; written <= kSlotBytes; ++written) {
    State torn = before;
    std::copy_n(after.begin() + slot, written, torn.begin() + slot);
    Handle read = create();
    ASSERT_EQ(approx_guard_load(read.get(), torn.data()), APPROX_OK) << written;
    ASSERT_TRUE(status_of(read).answers == old_answers || status_of(read).answers == new_answers) << written;
    ASSERT_EQ(status_of(read).alarm, APPROX_ALARM_NONE);
  }
}

TEST(GuardState, AnAlarmSurvivesDamageToEitherSlot) {
  auto [guard, state] = saved();
  ASSERT_EQ(approx_guard_latch(guard.get(), APPROX_ALARM_NOT_FINITE), APPROX_OK);
  save(guard, state);
  for (size_t byte = 0; byte < state.size(); ++byte) {
    State damaged = state;
    damaged[byte] ^= 0x10;
    Handle read = create();
    ASSERT_EQ(approx_guard_load(read.get(), damaged.data()), APPROX_OK) << byte;
    ASSERT_EQ(status_of(read).alarm, APPROX_ALARM_NOT_FINITE) << byte;
  }
}

// Whatever damage there is to a state with an alarm, it still has one.
TEST(GuardState, NoMutationUnlatches) {
  auto [guard, alarmed] = saved();
  ASSERT_EQ(approx_guard_latch(guard.get(), APPROX_ALARM_DISAGREEMENT), APPROX_OK);
  save(guard, alarmed);
  Random random(1);
  for (int round = 0; round < 50000; ++round) {
    State state = alarmed;
    const int kind = static_cast<int>(random.next() % 4), times = 1 + static_cast<int>(random.next() % 64);
    for (int i = 0; i < times; ++i) {
      const size_t at = random.next() % state.size(), from = random.next() % state.size();
      const size_t length = std::min({random.next() % 300, state.size() - at, state.size() - from});
      switch (kind) {
        case 0: state[at] ^= static_cast<uint8_t>(1u << (random.next() % 8)); break;
        case 1: state[at] = static_cast<uint8_t>(random.next()); break;
        case 2: std::memmove(state.data() + at, state.data() + from, length); break;
        default: std::fill_n(state.begin() + at, length, static_cast<uint8_t>(random.happens(0.5) ? 0 : 0xff));
      }
    }
    if (state == State{}) continue;  // zeros are the state of a guard that never saved
    Handle read = create();
    approx_guard_load(read.get(), state.data());
    ASSERT_NE(status_of(read).alarm, APPROX_ALARM_NONE) << "round " << round;
  }
}

TEST(GuardState, NoRandomBytesAreAState) {
  Random random(2);
  for (int round = 0; round < 50000; ++round) {
    State state;
    for (uint8_t& byte : state) byte = static_cast<uint8_t>(random.next());
    Handle read = create();
    ASSERT_EQ(approx_guard_load(read.get(), state.data()), APPROX_INVALID_ARGUMENT);
    ASSERT_EQ(status_of(read).alarm, APPROX_ALARM_UNREADABLE);
  }
}

// With a right checksum too: a value that no guard can have is not taken up.
TEST(GuardState, ImpossibleValuesAreUnreadable) {
  const auto [guard, state] = saved();
  const GuardState right = guard->guard.state();
  const auto unreadable = [&](auto spoil) {
    GuardState spoilt = right;
    spoil(spoilt);
    uint8_t slot[kSlotBytes];
    write_slot(spoilt, 3, slot);
    return approxlite::read_slot(slot, nullptr) == 0;
  };
  EXPECT_FALSE(unreadable([](GuardState&) {}));
  EXPECT_TRUE(unreadable([](GuardState& s) { s.alarm = -1; }));
  EXPECT_TRUE(unreadable([](GuardState& s) { s.alarm = APPROX_ALARM_ZERO + 1; }));
  EXPECT_TRUE(unreadable([](GuardState& s) { s.epsilon = 0; }));
  EXPECT_TRUE(unreadable([](GuardState& s) { s.capital[1] = -1; }));
  EXPECT_TRUE(unreadable([](GuardState& s) { s.capital[0] = std::numeric_limits<double>::quiet_NaN(); }));
  EXPECT_TRUE(unreadable([](GuardState& s) { s.disagreements = s.checks + 1; }));
  EXPECT_TRUE(unreadable([](GuardState& s) { s.checks = s.answers + 1; }));
  EXPECT_TRUE(unreadable([](GuardState& s) { s.differing_weight = s.weight * 2; }));
  EXPECT_TRUE(unreadable([](GuardState& s) { s.constant_count = -1; }));
}

}  // namespace
