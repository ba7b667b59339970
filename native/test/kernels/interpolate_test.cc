#include "test/kernels/buffers.h"

namespace approxlite {
namespace {

// Rows of pixels of up to 150 elements with gaps between them, and how many elements they reach over.
struct RandomPixels {
  explicit RandomPixels(Random& random)
      : pixels{.size = static_cast<size_t>(random.integer(1, 150)),
               .count = static_cast<size_t>(random.integer(1, 5))} {
    pixels.step = pixels.size + static_cast<size_t>(random.integer(0, 40));
    pixels.rows = static_cast<size_t>(random.integer(1, 3));
    pixels.row_step = pixels.count * pixels.step + static_cast<size_t>(random.integer(0, 40));
    reach = (pixels.rows - 1) * pixels.row_step + (pixels.count - 1) * pixels.step + pixels.size;
  }
  Pixels pixels;
  size_t reach;
};

TEST(Interpolate, BlendsToTheSameBitsInEveryVariant) {
  for (uint32_t seed = 1; seed <= 200; ++seed) {
    Random random(seed);
    const RandomPixels where(random);
    const float weight = static_cast<float>(random.integer(0, 12)) / 12;
    const int special = seed % 4 == 0 ? 10 : 0;
    const Buffer<float> a = random_values(random, where.reach, special),
                        b = random_values(random, where.reach, special);
    const auto result_of = [&](const KernelTable& kernels) {
      Buffer<float> y(where.reach);
      kernels.blend(a.data(), b.data(), weight, where.pixels, y.data());
      return y;
    };
    const Buffer<float> expected = result_of(reference_kernels());
    for (const KernelTable* variant : every_variant()) {
      EXPECT_EQ(difference(result_of(*variant), expected), "") << variant->name << " seed " << seed;
    }
  }
}

void mean_of(const KernelTable& kernels, const float* const* sources, int count, const Pixels& pixels, float* y) {
  kernels.mean_of(sources, count, pixels, y);
}
void mean_of(const KernelTable& kernels, const uint8_t* const* sources, int count, const Pixels& pixels, uint8_t* y) {
  kernels.mean_of_bytes(sources, count, pixels, y);
}
template <class T, class RandomBuffer>
void expect_same_means(const RandomBuffer& random_buffer) {
  for (uint32_t seed = 1; seed <= 400; ++seed) {
    Random random(seed);
    const RandomPixels where(random);
    const int count = random.integer(1, 4);
    std::vector<Buffer<T>> sources;
    const T* pointers[4] = {};
    for (int s = 0; s < count; ++s) {
      sources.push_back(random_buffer(random, where.reach));
      pointers[s] = sources.back().data();
    }
    const auto result_of = [&](const KernelTable& kernels) {
      Buffer<T> y(where.reach);
      mean_of(kernels, pointers, count, where.pixels, y.data());
      return y;
    };
    const Buffer<T> expected = result_of(reference_kernels());
    for (const KernelTable* variant : every_variant()) {
      EXPECT_EQ(difference(result_of(*variant), expected), "")
          << variant->name << " " << count << " sources, seed " << seed;
    }
  }
}

TEST(Interpolate, AveragesOneToFourSourcesToTheSameBitsInEveryVariant) {
  expect_same_means<float>([](Random& random, size_t size) { return random_values(random, size); });
  expect_same_means<float>([](Random& random, size_t size) { return random_values(random, size, 10); });
}

TEST(Interpolate, AveragesBytesToTheSameBitsInEveryVariant) {
  expect_same_means<uint8_t>([](Random& random, size_t size) {
    Buffer<uint8_t> bytes(size);
    for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<uint8_t>(random.integer(0, 255));
    return bytes;
  });
}

// What fast variants make of `size` columns of bytes, each with its own sources, is what the reference makes.
void expect_means_of(const std::vector<Buffer<uint8_t>>& columns, size_t size) {
  const uint8_t* sources[4] = {};
  for (size_t s = 0; s < columns.size(); ++s) sources[s] = columns[s].data();
  const int count = static_cast<int>(columns.size());
  Buffer<uint8_t> expected(size);
  reference_kernels().mean_of_bytes(sources, count, {size}, expected.data());
  for (const KernelTable* variant : every_variant()) {
    Buffer<uint8_t> y(size);
    variant->mean_of_bytes(sources, count, {size}, y.data());
    EXPECT_EQ(y.difference(expected), "") << variant->name << " " << count << " sources";
  }
}

TEST(Interpolate, EveryMeanOfTwoBytesIsRoundedAsTheReferenceRounds) {
  std::vector<Buffer<uint8_t>> pairs;
  for (int s = 0; s < 2; ++s) pairs.emplace_back(65536);
  for (int i = 0; i < 65536; ++i) {
    pairs[0][static_cast<size_t>(i)] = static_cast<uint8_t>(i);
    pairs[1][static_cast<size_t>(i)] = static_cast<uint8_t>(i >> 8);
  }
  expect_means_of(pairs, 65536);
}

// Carries end below the fourth bit, so that what 16 values of each source do shows what all do; both ends of the range.
TEST(Interpolate, MeansOfThreeAndFourBytesAreRoundedAsTheReferenceRounds) {
  for (const int count : {3, 4}) {
    for (const int base : {0, 120, 240}) {
      const size_t size = size_t{1} << (4 * count);
      std::vector<Buffer<uint8_t>> sources;
      for (int s = 0; s < count; ++s) {
        sources.emplace_back(size);
        for (size_t i = 0; i < size; ++i) sources.back()[i] = static_cast<uint8_t>(base + (i >> (4 * s) & 15));
      }
      expect_means_of(sources, size);
    }
  }
}

// What the engine asks for where a pixel lies between two computed ones: see perforation.cc.
TEST(Interpolate, ABlendOfBytesIsAMeanWithSourcesRepeated) {
  Buffer<uint8_t> from(65536), to(65536), y(65536);
  for (size_t i = 0; i < 65536; ++i) {
    from[i] = static_cast<uint8_t>(i);
    to[i] = static_cast<uint8_t>(i >> 8);
  }
  for (int parts = 2; parts <= 4; ++parts) {
    for (int part = 1; part < parts; ++part) {
      const uint8_t* sources[4] = {};
      for (int s = 0; s < parts; ++s) sources[s] = s < parts - part ? from.data() : to.data();
      reference_kernels().mean_of_bytes(sources, parts, {65536}, y.data());
      const float weight = static_cast<float>(part) / static_cast<float>(parts);
      size_t different = 0;
      for (size_t i = 0; i < 65536; ++i) {
        const float start = from[i], blended = std::fma(weight, static_cast<float>(to[i]) - start, start);
        different += static_cast<int>(y[i]) != static_cast<int>(std::nearbyint(blended));
      }
      EXPECT_EQ(different, 0u) << part << "/" << parts;
    }
  }
}

TEST(Interpolate, RoundsBytesToNearestWithTiesToEven) {
  const uint8_t a[] = {0, 1, 255}, b[] = {1, 4, 254};
  for (const KernelTable* variant : every_variant()) {
    Buffer<uint8_t> y(3);
    const uint8_t* const sources[] = {a, b};
    variant->mean_of_bytes(sources, 2, {3}, y.data());
    EXPECT_EQ(std::vector<int>(y.data(), y.data() + 3), (std::vector<int>{0, 2, 254})) << variant->name;
    variant->mean_of_bytes(sources, 1, {3}, y.data());
    EXPECT_EQ(std::vector<int>(y.data(), y.data() + 3), (std::vector<int>{0, 1, 255})) << variant->name;
  }
}

TEST(Interpolate, BlendsFromTheFirstTowardsTheSecond) {
  const float a[] = {0, 4, 8}, b[] = {4, 4, 0}, c[] = {2, 1, 7};
  const float* const sources[] = {a, b, c, c};
  for (const KernelTable* variant : every_variant()) {
    float y[3];
    variant->blend(a, b, 0.25f, {3}, y);
    EXPECT_EQ(std::vector<float>(y, y + 3), (std::vector<float>{1, 4, 6})) << variant->name;
    variant->mean_of(sources, 4, {3}, y);
    EXPECT_EQ(std::vector<float>(y, y + 3), (std::vector<float>{2, 2.5f, 5.5f})) << variant->name;
  }
}

}  // namespace
}  // namespace approxlite
