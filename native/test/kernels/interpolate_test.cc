#include "test/kernels/buffers.h"

namespace approxlite {
namespace {

TEST(Interpolate, BlendsToTheSameBitsInEveryVariant) {
  for (uint32_t seed = 1; seed <= 200; ++seed) {
    Random random(seed);
    const size_t size = random.integer(1, 300);
    const float weight = static_cast<float>(random.integer(0, 12)) / 12;
    const Buffer<float> a = random_values(random, size), b = random_values(random, size);
    const auto result_of = [&](const KernelTable& kernels) {
      Buffer<float> y(size);
      kernels.blend(a.data(), b.data(), weight, size, y.data());
      return y;
    };
    const Buffer<float> expected = result_of(reference_kernels());
    for (const KernelTable* variant : every_variant()) {
      EXPECT_EQ(result_of(*variant).difference(expected), "") << variant->name << " seed " << seed;
    }
  }
}

TEST(Interpolate, AveragesOneToFourSourcesToTheSameBitsInEveryVariant) {
  for (uint32_t seed = 1; seed <= 200; ++seed) {
    Random random(seed);
    const size_t size = random.integer(1, 300);
    const int count = random.integer(1, 4);
    std::vector<Buffer<float>> sources;
    const float* pointers[4] = {};
    for (int s = 0; s < count; ++s) {
      sources.push_back(random_values(random, size));
      pointers[s] = sources.back().data();
    }
    const auto result_of = [&](const KernelTable& kernels) {
      Buffer<float> y(size);
      kernels.mean_of(pointers, count, 1.0f / static_cast<float>(count), size, y.data());
      return y;
    };
    const Buffer<float> expected = result_of(reference_kernels());
    for (const KernelTable* variant : every_variant()) {
      EXPECT_EQ(result_of(*variant).difference(expected), "")
          << variant->name << " " << count << " sources, seed " << seed;
    }
  }
}

TEST(Interpolate, BlendsFromTheFirstTowardsTheSecond) {
  const float a[] = {0, 4, 8}, b[] = {4, 4, 0}, c[] = {2, 1, 7};
  const float* const sources[] = {a, b, c};
  for (const KernelTable* variant : every_variant()) {
    float y[3];
    variant->blend(a, b, 0.25f, 3, y);
    EXPECT_EQ(std::vector<float>(y, y + 3), (std::vector<float>{1, 4, 6})) << variant->name;
    variant->mean_of(sources, 3, 0.5f, 3, y);
    EXPECT_EQ(std::vector<float>(y, y + 3), (std::vector<float>{3, 4.5f, 7.5f})) << variant->name;
  }
}

}  // namespace
}  // namespace approxlite
