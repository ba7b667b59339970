// What a prepared ladder promises: switching and running allocate nothing, and weights are held once.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <memory>

#include "engine/engine.h"

// Sanitizers bring their own malloc, so there nothing is counted.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define APPROX_COUNTS_ALLOCATIONS 0
#else
#define APPROX_COUNTS_ALLOCATIONS 1
#endif

namespace {
std::atomic<long> allocations{0};
}

#if APPROX_COUNTS_ALLOCATIONS
// Every allocation of this process passes here; glibc lends the real functions.
extern "C" {
void* __libc_malloc(size_t size);
void* __libc_memalign(size_t alignment, size_t size);
void* malloc(size_t size) {
  ++allocations;
  return __libc_malloc(size);
}
void* aligned_alloc(size_t alignment, size_t size) {
  ++allocations;
  return __libc_memalign(alignment, size);
}
}
#endif

namespace approxlite {
namespace {

constexpr int kSize = 12, kChannels = 16;

// conv_2d_0 (tensor 0 -> 1), depthwise_conv_2d_1 (1 -> 2), add_2 (2 + 1 -> 3)
class Network {
 public:
  Network() : weights_(kChannels * 9 * kChannels), bias_(kChannels, 0.5f) {
    for (size_t i = 0; i < weights_.size(); ++i) weights_[i] = static_cast<float>(i % 13) / 13 - 0.4f;
  }

  std::vector<Operator> operators() const {
    const Shape shape = {kSize, kSize, kChannels};
    Operator conv = {.type = OperatorType::kConv2d, .index = 0, .id = "conv_2d_0", .inputs = {0}, .output = 1};
    conv.in = conv.out = shape;
    conv.window = {.height = 3, .width = 3, .pad_top = 1, .pad_left = 1};
    conv.weights = {.data = weights_.data(), .rows = kChannels, .columns = 9 * kChannels, .bias = bias_.data()};
    conv.knobs = {.int8 = true, .sample = true, .rows = true, .cols = true};
    conv.size = shape.size();
    Operator depthwise = conv;
    depthwise.type = OperatorType::kDepthwiseConv2d;
    depthwise.index = 1;
    depthwise.id = "depthwise_conv_2d_1";
    depthwise.inputs = {1};
    depthwise.output = 2;
    depthwise.weights = {.data = weights_.data(), .rows = 9, .columns = kChannels, .bias = bias_.data()};
    depthwise.knobs = {.rows = true};
    Operator add = {.type = OperatorType::kAdd, .index = 2, .id = "add_2", .inputs = {2, 1}, .output = 3};
    add.size = add.b_size = shape.size();
    add.channels = kChannels;
    return {conv, depthwise, add};
  }

 private:
  std::vector<float> weights_, bias_;
};

class Ladder : public testing::Test {
 protected:
  Ladder() : engine_(best_kernels()), input_(kSize * kSize * kChannels + 64), output_(input_.size()) {
    for (size_t i = 0; i < input_.size(); ++i) input_[i] = static_cast<float>(i % 7) - 3;
    EXPECT_EQ(engine_.claim(network_.operators()), APPROX_OK);
    partition_ = std::make_unique<Partition>(network_.operators(), std::vector<int>{0}, std::vector<int>{3},
                                             std::vector<std::pair<int, const float*>>{}, 4, best_kernels());
    engine_.add_partition(partition_.get());
  }

  void set(const std::vector<const char*>& configurations) {
    std::vector<approx_rung> rungs;
    for (const char* text : configurations) rungs.push_back({text, nullptr, 0});
    ASSERT_EQ(engine_.set_ladder(rungs.data(), rungs.size()), APPROX_OK) << engine_.error();
  }

  void run() {
    partition_->place(0, input_.data());
    partition_->place(3, output_.data());
    partition_->run(engine_.rung());
  }

  Network network_;
  Engine engine_;
  std::unique_ptr<Partition> partition_;
  std::vector<float> input_, output_;
};

TEST_F(Ladder, SwitchingAndRunningAllocateNothing) {
  if (!APPROX_COUNTS_ALLOCATIONS) GTEST_SKIP() << "allocations cannot be counted under a sanitizer";
  set({"exact", "all=int8", "all=rows:1/2", "conv_2d_0=int8+checker:1/2", "conv_2d_0=sample:1/2"});
  run();
  const long before = allocations;
  for (int i = 0; i < 200; ++i) {
    engine_.set_rung(i % engine_.rung_count());
    run();
  }
  EXPECT_EQ(allocations, before);
  EXPECT_GT(before, 0);
}

TEST_F(Ladder, RungsShareTheirWeights) {
  set({"exact"});
  const size_t one = engine_.bytes();
  set({"exact", "conv_2d_0=rows:1/2", "conv_2d_0=cols:1/2", "conv_2d_0=checker:1/2"});
  const size_t weights = sizeof(float) * kChannels * 9 * kChannels;
  // Each further rung holds a list of pixels and pointers, and no second copy of the weights.
  const size_t lists = kSize * kSize * 9 * (sizeof(void*) + sizeof(int32_t)) * 2;
  EXPECT_LT(engine_.bytes(), one + 3 * lists);
  EXPECT_GT(one, weights);
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
  const approx_rung bad[] = {{"conv_2d_9=int8", nullptr, 0}};
  EXPECT_EQ(engine_.set_ladder(bad, 1), APPROX_BAD_CONFIGURATION);
  EXPECT_NE(std::string(engine_.error()).find("conv_2d_9"), std::string::npos);
  EXPECT_EQ(engine_.rung_count(), 2);
  EXPECT_EQ(engine_.rung(), 1);
}

TEST_F(Ladder, AScaleOutOfRangeIsRefused) {
  for (const approx_scale& scale :
       {approx_scale{0, 0.0f, 0}, approx_scale{0, 1.0f, 256}, approx_scale{0, 1.0f, -1}, approx_scale{0, 1e-45f, 0}}) {
    const approx_rung rung = {"all=int8", &scale, 1};
    EXPECT_EQ(engine_.set_ladder(&rung, 1), APPROX_INVALID_ARGUMENT);
  }
}

}  // namespace
}  // namespace approxlite
