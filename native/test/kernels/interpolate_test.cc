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

Buffer<uint8_t> random_bytes(Random& random, size_t size) {
  Buffer<uint8_t> bytes(size);
  for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<uint8_t>(random.integer(0, 255));
  return bytes;
}

TEST(Interpolate, BlendsAndAveragesBytesToTheSameBytesInEveryVariant) {
  for (uint32_t seed = 1; seed <= 300; ++seed) {
    Random random(seed);
    const size_t size = static_cast<size_t>(random.integer(1, 300));
    const int count = random.integer(1, 4);
    const float weight = static_cast<float>(random.integer(0, 12)) / 12;
    const float factor = random.chance(80) ? 1.0f / static_cast<float>(count) : random.value();
    std::vector<Buffer<uint8_t>> sources;
    const uint8_t* pointers[4] = {};
    for (int s = 0; s < 4; ++s) {
      sources.push_back(random_bytes(random, size));
      pointers[s] = sources.back().data();
    }
    const auto result_of = [&](const KernelTable& kernels, bool blend) {
      Buffer<uint8_t> y(size);
      if (blend) {
        kernels.blend_bytes(pointers[0], pointers[1], weight, size, y.data());
      } else {
        kernels.mean_of_bytes(pointers, count, factor, size, y.data());
      }
      return y;
    };
    for (const bool blend : {true, false}) {
      const Buffer<uint8_t> expected = result_of(reference_kernels(), blend);
      for (const KernelTable* variant : every_variant()) {
        EXPECT_EQ(result_of(*variant, blend).difference(expected), "")
            << variant->name << (blend ? " blend" : " mean") << " seed " << seed;
      }
    }
  }
}

TEST(Interpolate, RoundsBytesToNearestWithTiesToEven) {
  const uint8_t a[] = {0, 1, 255}, b[] = {1, 4, 254};
  for (const KernelTable* variant : every_variant()) {
    Buffer<uint8_t> y(3), x(3), z(3);
    const uint8_t* const sources[] = {x.data()};
    std::memcpy(x.data(), a, 3);
    std::memcpy(z.data(), b, 3);
    variant->blend_bytes(x.data(), z.data(), 0.5f, 3, y.data());
    EXPECT_EQ(std::vector<int>(y.data(), y.data() + 3), (std::vector<int>{0, 2, 254})) << variant->name;
    variant->mean_of_bytes(sources, 1, 1, 3, y.data());
    EXPECT_EQ(std::vector<int>(y.data(), y.data() + 3), (std::vector<int>{0, 1, 255})) << variant->name;
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
