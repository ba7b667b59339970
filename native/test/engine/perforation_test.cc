#include "engine/perforation.h"

#include <gtest/gtest.h>

namespace approxlite {
namespace {

const KernelTable& reference() { return *kernels_named("reference"); }

std::vector<float> filled(const Shape& shape, const Knob& knob, const std::vector<float>& exact) {
  const Perforation perforation(shape, knob);
  std::vector<float> output(exact.size(), -1000.0f);
  for (const int32_t offset : perforation.pixel_offsets()) {
    for (int c = 0; c < shape.channels; ++c) output[offset + c] = exact[offset + c];
  }
  perforation.fill(reference(), output.data());
  return output;
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

TEST(Perforation, RowsAndColumnsTogetherReproduceAPlaneInsideTheComputedGrid) {
  const Shape shape = {5, 7, 2};
  std::vector<float> exact;
  for (int y = 0; y < shape.height; ++y) {
    for (int x = 0; x < shape.width; ++x) {
      for (int c = 0; c < shape.channels; ++c) exact.push_back(static_cast<float>(3 * y + 2 * x + c));
    }
  }
  EXPECT_EQ(filled(shape, {.rows = {1, 2}, .cols = {1, 2}}, exact), exact);
}

TEST(Perforation, ACheckersPixelIsTheMeanOfItsNeighbours) {
  const std::vector<float> exact = {1, 0, 3, 0, 5, 0, 7, 0, 9};
  const std::vector<float> output = filled({3, 3, 1}, {.checker = true}, exact);
  const std::vector<float> expected = {1, 3, 3, 13.0f / 3, 5, 17.0f / 3, 7, 7, 9};
  for (size_t i = 0; i < expected.size(); ++i) EXPECT_FLOAT_EQ(output[i], expected[i]) << "pixel " << i;
}

TEST(Perforation, WithoutAKnobEverythingIsComputed) {
  const Perforation perforation({4, 3, 5}, {});
  ASSERT_EQ(perforation.pixel_offsets().size(), 12u);
  for (int i = 0; i < 12; ++i) EXPECT_EQ(perforation.pixel_offsets()[i], 5 * i);
}

}  // namespace
}  // namespace approxlite
