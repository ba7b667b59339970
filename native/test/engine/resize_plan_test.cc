#include "test/engine/plan_case.h"

namespace approxlite {
namespace {

struct Resize {
  int height, width, out_height, out_width;
  bool align_corners, half_pixel_centers;
};

std::vector<Resize> resizes() {
  std::vector<Resize> all;
  for (const auto& [align, half] : {std::pair(false, false), std::pair(true, false), std::pair(false, true)}) {
    all.push_back({4, 5, 8, 10, align, half});
    all.push_back({8, 10, 4, 5, align, half});
    all.push_back({7, 5, 11, 3, align, half});
    all.push_back({1, 1, 4, 3, align, half});
    all.push_back({5, 4, 1, 1, align, half});
    all.push_back({33, 33, 97, 101, align, half});
  }
  return all;
}

float scale_of(int in, int out, bool align_corners) {
  return align_corners && out > 1 ? static_cast<float>(in - 1) / static_cast<float>(out - 1)
                                  : static_cast<float>(in) / static_cast<float>(out);
}

int nearest(int i, int in, int out, const Resize& of) {
  const float at =
      (static_cast<float>(i) + (of.half_pixel_centers ? 0.5f : 0.0f)) * scale_of(in, out, of.align_corners);
  const int source = static_cast<int>(of.align_corners ? std::round(at) : std::floor(at));
  return std::max(0, std::min(source, in - 1));
}

struct Position {
  int low, high;
  float weight;
};
Position linear(int i, int in, int out, const Resize& of) {
  const float scale = scale_of(in, out, of.align_corners), target = static_cast<float>(i);
  const float at = of.half_pixel_centers ? (target + 0.5f) * scale - 0.5f : target * scale;
  const int low = std::max(static_cast<int>(std::floor(at)), 0);
  return {low, std::min(static_cast<int>(std::ceil(at)), in - 1), at - static_cast<float>(low)};
}

// Of the formulas of TFLite's reference, on images of `channels`.
Reals expected_resize(const Resize& of, bool bilinear, int channels, const Reals& x) {
  const auto at = [&](int row, int column, int channel) {
    return static_cast<double>(x[static_cast<size_t>((row * of.width + column) * channels + channel)]);
  };
  Reals y;
  for (int row = 0; row < of.out_height; ++row) {
    for (int column = 0; column < of.out_width; ++column) {
      for (int c = 0; c < channels; ++c) {
        if (!bilinear) {
          y.push_back(static_cast<float>(
              at(nearest(row, of.height, of.out_height, of), nearest(column, of.width, of.out_width, of), c)));
          continue;
        }
        const Position v = linear(row, of.height, of.out_height, of), h = linear(column, of.width, of.out_width, of);
        y.push_back(static_cast<float>(
            at(v.low, h.low, c) * (1 - v.weight) * (1 - h.weight) + at(v.high, h.low, c) * v.weight * (1 - h.weight) +
            at(v.low, h.high, c) * (1 - v.weight) * h.weight + at(v.high, h.high, c) * v.weight * h.weight));
      }
    }
  }
  return y;
}

PlanCase resize_case(const Resize& of, bool bilinear, int channels, const Reals& x, const Form& from, const Form& to) {
  PlanCase plan(bilinear ? OperatorType::kResizeBilinear : OperatorType::kResizeNearestNeighbor);
  plan.input({1, of.height, of.width, channels}, x, from).output({1, of.out_height, of.out_width, channels}, to);
  plan.op.in = {of.height, of.width, channels};
  plan.op.out = {of.out_height, of.out_width, channels};
  plan.op.align_corners = of.align_corners;
  plan.op.half_pixel_centers = of.half_pixel_centers;
  return plan;
}

TEST(ResizePlan, TakesTheNearestPixel) {
  for (const Resize& of : resizes()) {
    for (const int channels : {1, 3, 16}) {
      const Reals x = counted(static_cast<size_t>(of.height * of.width * channels), true);
      const Reals expected = expected_resize(of, false, channels, x);
      const Form shifted = {true, {2.0f, 3}};
      for (const int threads : {1, 2}) {
        EXPECT_EQ(resize_case(of, false, channels, x, {}, {}).result(threads), expected);
        EXPECT_EQ(resize_case(of, false, channels, x, kBytes, kBytes).result(threads), expected);
        expect_near(resize_case(of, false, channels, x, kBytes, shifted).result(threads), expected, 1.01f);
      }
    }
  }
}

TEST(ResizePlan, InterpolatesBetweenFourPixels) {
  for (const Resize& of : resizes()) {
    for (const int channels : {1, 3, 16}) {
      const Reals x = random_reals(7, static_cast<size_t>(of.height * of.width * channels), -1, 1);
      const Reals expected = expected_resize(of, true, channels, x);
      for (const int threads : {1, 2}) {
        expect_near(resize_case(of, true, channels, x, {}, {}).result(threads), expected, 1e-6f);
      }
    }
  }
}

TEST(ResizePlan, InterpolatesBytesWithOneRounding) {
  const Form other = {true, {2.0f, 3}};
  for (const Resize& of : resizes()) {
    const Reals x = counted(static_cast<size_t>(of.height * of.width * 3), true);
    const Reals expected = expected_resize(of, true, 3, x);
    expect_near(resize_case(of, true, 3, x, kBytes, kBytes).result(2), expected, 0.501f);
    expect_near(resize_case(of, true, 3, x, kBytes, other).result(2), expected, 1.01f);
    expect_near(resize_case(of, true, 3, x, kBytes, {}).result(2), expected, 1e-3f);
  }
}

}  // namespace
}  // namespace approxlite
