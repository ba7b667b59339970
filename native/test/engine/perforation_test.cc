#include "engine/perforation.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>

namespace approxlite {
namespace {

const KernelTable& reference() { return *kernels_named("reference"); }

std::vector<int> pixels_of(const PixelGrid& grid, int width) {
  std::vector<int> pixels;
  for (int i = 0; i < grid.row_count; ++i) {
    for (int j = 0; j < grid.column_count; ++j) {
      if (!grid.checker || (grid.rows[i] + grid.columns[j]) % 2 == 0) {
        pixels.push_back(grid.rows[i] * width + grid.columns[j]);
      }
    }
  }
  return pixels;
}

// The pixels of `exact` that are computed, and what is filled in around them. Readable past its end, as bytes are.
template <class T>
std::vector<T> filled(const Shape& shape, const Knob& knob, const std::vector<T>& exact, const KernelTable& kernels) {
  const Perforation perforation(shape, knob, {});
  std::vector<T> output(exact.size() + kReadSlackBytes, T{77});
  for (const int pixel : pixels_of(perforation.grid(), shape.width)) {
    for (int c = 0; c < shape.channels; ++c) output[pixel * shape.channels + c] = exact[pixel * shape.channels + c];
  }
  ThreadPool pool(1);
  perforation.fill(kernels, pool, output.data());
  output.resize(exact.size());
  return output;
}

template <class T>
std::vector<T> filled(const Shape& shape, const Knob& knob, const std::vector<T>& exact) {
  return filled(shape, knob, exact, reference());
}

TEST(Perforation, AFractionIsTheShareThatIsComputed) {
  EXPECT_EQ(computed_lines(8, {1, 2}), (std::vector<int32_t>{0, 2, 4, 6}));
  EXPECT_EQ(computed_lines(8, {2, 3}), (std::vector<int32_t>{0, 1, 3, 4, 6, 7}));
  EXPECT_EQ(computed_lines(8, {3, 4}), (std::vector<int32_t>{0, 1, 2, 4, 5, 6}));
  EXPECT_EQ(computed_lines(8, {1, 3}), (std::vector<int32_t>{0, 3, 6}));
  EXPECT_EQ(computed_lines(8, {1, 4}), (std::vector<int32_t>{0, 4}));
  EXPECT_EQ(computed_lines(3, {1, 1}), (std::vector<int32_t>{0, 1, 2}));
}

TEST(Perforation, RowsBetweenComputedOnesAreLinearAndThoseAfterTheLastConstant) {
  const std::vector<float> exact = {0, 1, 2, 3, 4, 5, 6, 7};
  const Shape shape = {8, 1, 1};
  EXPECT_EQ(filled(shape, {.rows = {1, 2}}, exact), (std::vector<float>{0, 1, 2, 3, 4, 5, 6, 6}));
  EXPECT_EQ(filled(shape, {.rows = {1, 4}}, exact), (std::vector<float>{0, 1, 2, 3, 4, 4, 4, 4}));
}

TEST(Perforation, BytesAreFilledInLikeFloatsAndRoundedOnce) {
  const std::vector<uint8_t> exact = {0, 9, 3, 9, 4, 9, 255, 9};
  EXPECT_EQ(filled({8, 1, 1}, {.rows = {1, 2}}, exact), (std::vector<uint8_t>{0, 2, 3, 4, 4, 130, 255, 255}));
  EXPECT_EQ(filled({1, 8, 1}, {.cols = {1, 2}}, exact), (std::vector<uint8_t>{0, 2, 3, 4, 4, 130, 255, 255}));
  const std::vector<uint8_t> board = {1, 0, 3, 0, 5, 0, 7, 0, 9};
  EXPECT_EQ(filled({3, 3, 1}, {.checker = true}, board), (std::vector<uint8_t>{1, 3, 3, 4, 5, 6, 7, 7, 9}));
}

TEST(Perforation, RowsAndColumnsTogetherReproduceAPlaneInsideTheComputedGrid) {
  const Shape shape = {5, 7, 2};
  std::vector<float> exact;
  std::vector<uint8_t> bytes;
  for (int y = 0; y < shape.height; ++y) {
    for (int x = 0; x < shape.width; ++x) {
      for (int c = 0; c < shape.channels; ++c) {
        exact.push_back(static_cast<float>(3 * y + 2 * x + c));
        bytes.push_back(static_cast<uint8_t>(3 * y + 2 * x + c));
      }
    }
  }
  EXPECT_EQ(filled(shape, {.rows = {1, 2}, .cols = {1, 2}}, exact), exact);
  EXPECT_EQ(filled(shape, {.rows = {1, 2}, .cols = {1, 2}}, bytes), bytes);
}

TEST(Perforation, ACheckersPixelIsTheMeanOfItsNeighbours) {
  const std::vector<float> exact = {1, 0, 3, 0, 5, 0, 7, 0, 9};
  const std::vector<float> output = filled({3, 3, 1}, {.checker = true}, exact);
  const std::vector<float> expected = {1, 3, 3, 13.0f / 3, 5, 17.0f / 3, 7, 7, 9};
  for (size_t i = 0; i < expected.size(); ++i) EXPECT_FLOAT_EQ(output[i], expected[i]) << "pixel " << i;
}

TEST(Perforation, ACheckersNeighboursAreAddedUpDownLeftRight) {
  // Only in this order does the large number swallow what was added before it, and nothing after.
  const float up = 1, down = 1e8f, left = -1e8f, right = 3;
  const std::vector<float> exact = {0, up, 0, left, 0, right, 0, down, 0};
  // The whole board moved by one column, so that the middle is a pixel to fill in.
  const Shape shape = {3, 4, 1};
  std::vector<float> board(12);
  for (int y = 0; y < 3; ++y) {
    for (int x = 0; x < 3; ++x) board[y * 4 + x + 1] = exact[y * 3 + x];
  }
  const std::vector<float> output = filled(shape, {.checker = true}, board);
  EXPECT_EQ(output[1 * 4 + 2], (((up + down) + left) + right) * 0.25f);
}

// Pixel by pixel, from the definition.
std::vector<float> filled_by_definition(const Shape& shape, const Knob& knob, std::vector<float> y) {
  const std::vector<int32_t> rows = computed_lines(shape.height, knob.rows),
                             columns = computed_lines(shape.width, knob.cols);
  const auto at = [&](int row, int column, int c) -> float& {
    return y[static_cast<size_t>((row * shape.width + column) * shape.channels + c)];
  };
  const auto between = [](const std::vector<int32_t>& lines, int line, const auto& of) {
    const auto after = std::upper_bound(lines.begin(), lines.end(), line);
    const int32_t before = after[-1];
    if (after == lines.end() || before == line) return of(before);
    const float weight = static_cast<float>(line - before) / static_cast<float>(*after - before);
    return std::fma(weight, of(*after) - of(before), of(before));
  };
  for (int row = 0; row < shape.height; ++row) {
    for (int column = 0; column < shape.width; ++column) {
      for (int c = 0; c < shape.channels; ++c) {
        if (knob.checker && (row + column) % 2 != 0) {
          std::vector<float> sources;
          if (row > 0) sources.push_back(at(row - 1, column, c));
          if (row + 1 < shape.height) sources.push_back(at(row + 1, column, c));
          if (column > 0) sources.push_back(at(row, column - 1, c));
          if (column + 1 < shape.width) sources.push_back(at(row, column + 1, c));
          float sum = sources[0];
          for (size_t s = 1; s < sources.size(); ++s) sum += sources[s];
          at(row, column, c) = sum * (1.0f / static_cast<float>(sources.size()));
        } else if (std::binary_search(rows.begin(), rows.end(), row)) {
          at(row, column, c) = between(columns, column, [&](int x) { return at(row, x, c); });
        }
      }
    }
  }
  for (int row = 0; row < shape.height; ++row) {
    for (int column = 0; column < shape.width; ++column) {
      for (int c = 0; c < shape.channels; ++c) {
        at(row, column, c) = between(rows, row, [&](int r) { return at(r, column, c); });
      }
    }
  }
  return y;
}

// Images of less than one band of rows that are filled in together, of several, and with ends of every kind.
TEST(Perforation, EveryPixelIsWhatTheDefinitionSays) {
  const Knob knobs[] = {{.rows = {1, 2}},
                        {.rows = {3, 4}},
                        {.cols = {1, 2}},
                        {.cols = {2, 3}},
                        {.cols = {1, 4}},
                        {.rows = {2, 3}, .cols = {1, 3}},
                        {.rows = {1, 4}, .cols = {3, 4}},
                        {.checker = true}};
  for (const Shape& shape : {Shape{2, 2, 1}, Shape{5, 6, 3}, Shape{6, 5, 17}, Shape{31, 8, 70}, Shape{9, 33, 70}}) {
    std::vector<float> exact(shape.size());
    uint32_t state = 1;
    for (float& value : exact)
      value = static_cast<float>(static_cast<int32_t>(state = state * 1664525u + 1013904223u)) * 1e-9f;
    for (const Knob& knob : knobs) {
      EXPECT_EQ(filled(shape, knob, exact), filled_by_definition(shape, knob, exact))
          << to_text(knob) << " of " << shape.height << "x" << shape.width;
    }
  }
}

TEST(Perforation, EveryVariantFillsInTheSameBits) {
  const Shape shape = {9, 10, 21};
  std::vector<float> exact;
  std::vector<uint8_t> bytes;
  uint32_t state = 1;
  for (size_t i = 0; i < shape.size(); ++i) {
    state = state * 1664525u + 1013904223u;
    exact.push_back(static_cast<float>(static_cast<int32_t>(state)) * 1e-9f);
    bytes.push_back(static_cast<uint8_t>(state >> 24));
  }
  const Knob knobs[] = {{.rows = {1, 2}}, {.rows = {2, 3}, .cols = {1, 4}}, {.cols = {3, 4}},
                        {.cols = {1, 3}}, {.rows = {1, 3}, .cols = {2, 3}}, {.checker = true}};
  for (int i = 0; kernels_at(i); ++i) {
    for (const Knob& knob : knobs) {
      const std::vector<float> expected = filled(shape, knob, exact), got = filled(shape, knob, exact, *kernels_at(i));
      EXPECT_EQ(std::memcmp(got.data(), expected.data(), got.size() * sizeof(float)), 0) << kernels_at(i)->name;
      EXPECT_EQ(filled(shape, knob, bytes, *kernels_at(i)), filled(shape, knob, bytes)) << kernels_at(i)->name;
    }
  }
}

TEST(Perforation, ImagesOfOneRowColumnOrPixelAreFilledIn) {
  for (const Shape& shape : {Shape{1, 1, 3}, Shape{1, 5, 3}, Shape{5, 1, 3}}) {
    const std::vector<float> exact(shape.size(), 2.5f);
    for (const Knob& knob : {Knob{.rows = {1, 2}}, Knob{.cols = {1, 4}}, Knob{.checker = true}}) {
      EXPECT_EQ(filled(shape, knob, exact), exact) << shape.height << "x" << shape.width;
    }
  }
}

TEST(Perforation, WithoutAKnobEverythingIsComputed) {
  const Perforation perforation({4, 3, 5}, {}, {});
  EXPECT_EQ(pixel_count(perforation.grid()), 12);
  EXPECT_EQ(pixels_of(perforation.grid(), 3).size(), 12u);
  EXPECT_FALSE(perforation.fills());
}

TEST(Perforation, WithoutAKnobNoMoreIsComputedThanIsDemanded) {
  const Perforation rows({6, 4, 5}, {}, {.rows = {1, 2}});
  EXPECT_EQ(rows.rows(), (std::vector<int32_t>{0, 2, 4}));
  EXPECT_FALSE(rows.fills());
  const Perforation checker({3, 3, 5}, {}, {.checker = true});
  EXPECT_EQ(pixel_count(checker.grid()), 5);
  EXPECT_FALSE(checker.fills());
}

TEST(Perforation, NothingIsFilledInWhereOnlyWhatIsComputedIsDemanded) {
  EXPECT_FALSE(Perforation({6, 4, 5}, {.rows = {1, 2}}, {.rows = {1, 2}}).fills());
  EXPECT_FALSE(Perforation({6, 4, 5}, {.checker = true}, {.checker = true}).fills());
  EXPECT_TRUE(Perforation({6, 4, 5}, {.rows = {1, 2}}, {}).fills());
  EXPECT_TRUE(Perforation({6, 4, 5}, {.rows = {1, 2}}, {.rows = {1, 4}}).fills());
  EXPECT_TRUE(Perforation({6, 4, 5}, {.rows = {1, 2}}, {.rows = {1, 2}, .cols = {1, 2}}).fills());
}

}  // namespace
}  // namespace approxlite
