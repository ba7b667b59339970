// What a prepared ladder promises: switching and running allocate nothing, and weights are held once.
#include <gtest/gtest.h>

#include <memory>

#include "engine/engine.h"
#include "test/allocations.h"
#include "test/engine/network.h"

namespace approxlite {
namespace {

constexpr int kSize = 12, kChannels = 16;

class Ladder : public testing::Test {
 protected:
  Ladder() : network_(1), engine_(best_kernels()) {
    const int input = network_.tensor({kSize, kSize, kChannels});
    const int features = network_.conv(input, kChannels, 3);
    const int spread = network_.depthwise(features, 3);
    const int sum = network_.add(spread, features);
    input_.resize(kSize * kSize * kChannels);
    output_.resize(input_.size());
    for (float& x : input_) x = 3 * network_.value();
    EXPECT_EQ(engine_.claim(network_.operators()), APPROX_OK);
    partition_ = std::make_unique<Partition>(network_.operators(), std::vector<int>{input}, std::vector<int>{sum},
                                             network_.tensor_count(), best_kernels(), engine_.pool());
    engine_.add_partition(partition_.get());
    sum_ = sum;
  }

  void set(const std::vector<const char*>& configurations) {
    std::vector<approx_rung> rungs;
    for (const char* text : configurations) rungs.push_back({.configuration = text});
    ASSERT_EQ(engine_.set_ladder(rungs.data(), rungs.size()), APPROX_OK) << engine_.error();
  }

  void run() {
    partition_->place(0, input_.data());
    partition_->place(sum_, output_.data());
    partition_->run(engine_.rung());
  }

  Network network_;
  Engine engine_;
  std::unique_ptr<Partition> partition_;
  std::vector<float> input_, output_;
  int sum_;
};

TEST_F(Ladder, SwitchingAndRunningAllocateNothing) {
  if (!APPROX_COUNTS_ALLOCATIONS) GTEST_SKIP() << "allocations cannot be counted under a sanitizer";
  set({"exact", "all=int8", "all=rows:1/2", "conv_2d_0=int8+checker:1/2", "conv_2d_0=sample:1/2"});
  run();
  const long before = allocations();
  for (int i = 0; i < 200; ++i) {
    engine_.set_rung(i % engine_.rung_count());
    run();
  }
  EXPECT_EQ(allocations(), before);
  EXPECT_GT(before, 0);
}

TEST_F(Ladder, RungsShareTheirWeights) {
  set({"exact"});
  const size_t one = engine_.bytes();
  set({"exact", "conv_2d_0=rows:1/2", "conv_2d_0=cols:1/2", "conv_2d_0=checker:1/2"});
  // Each further rung holds lists of rows and columns, and no second copy of the weights.
  constexpr size_t kWeights = sizeof(float) * kChannels * 9 * kChannels;
  EXPECT_LT(engine_.bytes(), one + 3 * kWeights / 4);
  EXPECT_GT(one, kWeights);
}

TEST_F(Ladder, AMovedInputIsFollowed) {
  set({"exact", "all=int8"});
  run();
  const std::vector<float> expected = output_;
  std::vector<float> elsewhere = input_;
  input_.assign(input_.size(), 0);
  partition_->place(0, elsewhere.data());
  partition_->run(0);
  EXPECT_EQ(output_, expected);
}

TEST_F(Ladder, ALadderThatDoesNotFitLeavesTheOldOne) {
  set({"exact", "all=int8"});
  engine_.set_rung(1);
  const approx_rung bad[] = {{.configuration = "conv_2d_9=int8"}};
  EXPECT_EQ(engine_.set_ladder(bad, 1), APPROX_BAD_CONFIGURATION);
  EXPECT_NE(std::string(engine_.error()).find("conv_2d_9"), std::string::npos);
  EXPECT_EQ(engine_.rung_count(), 2);
  EXPECT_EQ(engine_.rung(), 1);
}

TEST_F(Ladder, AScaleOutOfRangeIsRefused) {
  for (const approx_scale& scale :
       {approx_scale{0, 0.0f, 0}, approx_scale{0, 1.0f, 256}, approx_scale{0, 1.0f, -1}, approx_scale{0, 1e-45f, 0}}) {
    const approx_rung rung = {.configuration = "all=int8", .scales = &scale, .scale_count = 1};
    EXPECT_EQ(engine_.set_ladder(&rung, 1), APPROX_INVALID_ARGUMENT);
  }
}

}  // namespace
}  // namespace approxlite
