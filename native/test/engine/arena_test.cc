#include "engine/arena.h"

#include <gtest/gtest.h>

#include <random>

#include "kernels/kernels.h"

namespace approxlite {
namespace {

TEST(Arena, TensorsAliveTogetherNeverShareBytes) {
  std::mt19937 random(7);
  for (int round = 0; round < 300; ++round) {
    std::vector<Lifetime> tensors(1 + random() % 20);
    for (Lifetime& tensor : tensors) {
      tensor.bytes = 1 + random() % 5000;
      tensor.first = static_cast<int>(random() % 10);
      tensor.last = tensor.first + static_cast<int>(random() % 5);
    }
    const size_t total = plan_arena(&tensors);
    for (const Lifetime& a : tensors) {
      EXPECT_EQ(a.offset % 64, 0u);
      EXPECT_LE(a.offset + a.bytes + kReadSlackBytes, total);
      for (const Lifetime& b : tensors) {
        if (&a == &b || a.last < b.first || b.last < a.first) continue;
        EXPECT_TRUE(a.offset + a.bytes <= b.offset || b.offset + b.bytes <= a.offset) << "round " << round;
      }
    }
  }
}

TEST(Arena, AChainNeedsOnlyItsTwoLargestNeighbours) {
  std::vector<Lifetime> tensors;
  for (int i = 0; i < 10; ++i) tensors.push_back({.bytes = 6400, .first = i, .last = i + 1});
  EXPECT_EQ(plan_arena(&tensors), 2 * (6400 + kReadSlackBytes));
}

}  // namespace
}  // namespace approxlite
