// What rows are made of: hashes, latencies, inputs.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "agent/inputs.h"
#include "agent/latencies.h"
#include "agent/sha256.h"
#include "controller/random.h"

namespace approxlite::agent {
namespace {

std::string sha256(const std::string& text, size_t step = 1 << 20) {
  Sha256 hash;
  for (size_t begin = 0; begin < text.size(); begin += step) {
    hash.add(text.data() + begin, std::min(step, text.size() - begin));
  }
  return hash.digest();
}

// The examples of FIPS 180-4.
TEST(Sha256, IsThatOfTheStandard) {
  EXPECT_EQ(sha256(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(sha256(std::string(1'000'000, 'a')), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, DoesNotDependOnThePiecesItIsGiven) {
  const std::string text(300, 'x');
  for (size_t step = 1; step < 130; ++step) EXPECT_EQ(sha256(text, step), sha256(text)) << step;
}

TEST(Latencies, AreSummarisedExactlyWhileTheyFit) {
  Latencies latencies(1000);
  for (int64_t ns = 100; ns >= 1; --ns) latencies.add(ns);
  EXPECT_EQ(latencies.count(), 100);
  EXPECT_EQ(latencies.total(), 5050);
  EXPECT_EQ(latencies.minimum(), 1);
  EXPECT_EQ(latencies.maximum(), 100);
  EXPECT_EQ(latencies.quantile(0.5), 50);
  EXPECT_EQ(latencies.quantile(0.99), 99);
  EXPECT_EQ(latencies.quantile(1), 100);
  latencies.clear();
  EXPECT_EQ(latencies.count() + latencies.total() + latencies.maximum() + latencies.quantile(0.5), 0);
}

TEST(Latencies, KeepEverySecondFourthAndSoOnWhenThereAreMore) {
  Latencies latencies(64);
  constexpr int64_t kCount = 100'000;
  for (int64_t ns = 0; ns < kCount; ++ns) latencies.add(ns);
  EXPECT_EQ(latencies.count(), kCount);
  EXPECT_EQ(latencies.total(), kCount * (kCount - 1) / 2);
  EXPECT_EQ(latencies.maximum(), kCount - 1);
  EXPECT_NEAR(static_cast<double>(latencies.quantile(0.5)), kCount / 2.0, kCount / 16.0) << "early and late ones alike";
}

TEST(Inputs, AreTheStreamOfTheProtocol) {
  uint64_t state = 5;
  std::vector<float> floats(1000);
  ASSERT_TRUE(fill_values(1, floats.size() * 4, &state, floats.data()));
  Random random(5);
  for (const float value : floats) {
    EXPECT_EQ(value, (static_cast<double>(random.next() >> 40) - 8388608.0) / 8388608.0);
    EXPECT_TRUE(value >= -1 && value < 1);
  }
  std::vector<int8_t> bytes(4);
  ASSERT_TRUE(fill_values(9, bytes.size(), &state, bytes.data()));
  for (const int8_t value : bytes) EXPECT_EQ(static_cast<uint8_t>(value), random.next() >> 56) << "the stream goes on";
  std::vector<int32_t> places(100);
  ASSERT_TRUE(fill_values(2, places.size() * 4, &state, places.data()));
  for (const int32_t value : places) EXPECT_TRUE(value == 0 || value == 1);
  EXPECT_FALSE(fill_values(5, 4, &state, bytes.data())) << "strings";
}

}  // namespace
}  // namespace approxlite::agent
