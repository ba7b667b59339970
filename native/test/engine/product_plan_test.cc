// Transpose convolution and batch matmul against their definitions in double.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "engine/plan.h"

namespace approxlite {
namespace {

class Random {
 public:
  explicit Random(uint32_t seed) : generator_(seed) {}
  // low..high, both included.
  int integer(int low, int high) { return std::uniform_int_distribution<int>(low, high)(generator_); }

 private:
  std::mt19937 generator_;
};

std::vector<float> random_floats(Random& random, size_t size) {
  std::vector<float> values(size);
  for (float& value : values) value = static_cast<float>(random.integer(-1000, 1000)) / 1000;
  return values;
}

std::vector<float> run_plan(Plan& plan, std::vector<std::vector<float>*> inputs, size_t output_size, int threads) {
  std::vector<float> output(output_size, NAN);
  Addresses addresses;
  for (std::vector<float>* input : inputs) addresses.push_back(input->data());
  addresses.push_back(output.data());
  Buffer scratch(plan.scratch_bytes());
  ThreadPool pool(threads);
  plan.bind(addresses, scratch.data());
  for (int repeat = 0; repeat < 2; ++repeat) plan.run(pool);
  return output;
}

// Every input pixel adds its products to the outputs its filter covers.
void expect_transpose_conv(const Shape& in, const Shape& out, const Window& window, uint32_t seed, int threads) {
  Random random(seed);
  const size_t taps = static_cast<size_t>(window.height * window.width);
  std::vector<float> input = random_floats(random, in.size());
  const size_t outputs = static_cast<size_t>(out.channels);
  const std::vector<float> weights = random_floats(random, outputs * taps * static_cast<size_t>(in.channels));
  const std::vector<float> bias = random_floats(random, outputs);
  Operator op = {.type = OperatorType::kTransposeConv};
  op.inputs = {{.number = 0}};
  op.outputs = {{.number = 1}};
  op.in = in;
  op.out = out;
  op.window = window;
  op.weights = {.data = weights.data(),
                .rows = out.channels,
                .columns = window.height * window.width * in.channels,
                .bias = bias.data()};
  const auto plan = make_transpose_conv_plan({op, nullptr, best_kernels(), nullptr, threads}, {});
  const std::vector<float> output = run_plan(*plan, {&input}, out.size(), threads);

  std::vector<double> expected(out.size());
  for (size_t i = 0; i < expected.size(); ++i) expected[i] = bias[i % outputs];
  for (int y = 0; y < in.height; ++y) {
    for (int x = 0; x < in.width; ++x) {
      for (size_t tap = 0; tap < taps; ++tap) {
        const int to_y = y * window.stride_height - window.pad_top + static_cast<int>(tap) / window.width;
        const int to_x = x * window.stride_width - window.pad_left + static_cast<int>(tap) % window.width;
        if (to_y < 0 || to_y >= out.height || to_x < 0 || to_x >= out.width) continue;
        for (size_t o = 0; o < outputs; ++o) {
          for (int c = 0; c < in.channels; ++c) {
            expected[static_cast<size_t>(to_y * out.width + to_x) * outputs + o] +=
                static_cast<double>(input[static_cast<size_t>((y * in.width + x) * in.channels + c)]) *
                weights[(o * taps + tap) * static_cast<size_t>(in.channels) + static_cast<size_t>(c)];
          }
        }
      }
    }
  }
  for (size_t i = 0; i < expected.size(); ++i) ASSERT_NEAR(output[i], expected[i], 1e-4) << i << ", seed " << seed;
}

TEST(TransposeConvPlan, SpreadsEveryInputOverItsFilter) {
  for (uint32_t seed = 1; seed <= 200; ++seed) {
    Random random(seed);
    const Window window = {.height = random.integer(1, 5),
                           .width = random.integer(1, 5),
                           .stride_height = random.integer(1, 3),
                           .stride_width = random.integer(1, 4),
                           .pad_top = random.integer(0, 2),
                           .pad_left = random.integer(0, 2)};
    const Shape in = {random.integer(1, 6), random.integer(1, 6), random.integer(1, 9)};
    const int height = std::max(1, (in.height - 1) * window.stride_height + window.height - 2 * window.pad_top);
    const int width = std::max(1, (in.width - 1) * window.stride_width + window.width - 2 * window.pad_left);
    expect_transpose_conv(in, {height, width, random.integer(1, 20)}, window, seed, random.integer(1, 3));
  }
}

size_t size_of(const std::vector<int>& dims) {
  size_t size = 1;
  for (const int dim : dims) size *= static_cast<size_t>(dim);
  return size;
}

// Where the matrix of an operand lies that meets the output's at `index`.
size_t matrix_at(const std::vector<int>& dims, const std::vector<int>& index) {
  size_t at = 0;
  for (size_t i = 0; i + 2 < dims.size(); ++i) {
    const int own = dims[i] == 1 ? 0 : index[index.size() - (dims.size() - 2) + i];
    at = at * static_cast<size_t>(dims[i]) + static_cast<size_t>(own);
  }
  return at * size_of({dims[dims.size() - 1], dims[dims.size() - 2]});
}

void expect_batch_matmul(std::vector<int> a_dims, std::vector<int> b_dims, const std::vector<int>& batch, int rows,
                         int k, int columns, bool adjoint_a, bool adjoint_b, uint32_t seed) {
  Random random(seed);
  for (const int dim : adjoint_a ? std::vector<int>{k, rows} : std::vector<int>{rows, k}) a_dims.push_back(dim);
  for (const int dim : adjoint_b ? std::vector<int>{columns, k} : std::vector<int>{k, columns}) b_dims.push_back(dim);
  std::vector<int> out_dims = batch;
  out_dims.push_back(rows);
  out_dims.push_back(columns);
  std::vector<float> a = random_floats(random, size_of(a_dims)), b = random_floats(random, size_of(b_dims));
  Operator op = {.type = OperatorType::kBatchMatmul};
  op.inputs = {{.number = 0, .dims = a_dims}, {.number = 1, .dims = b_dims}};
  op.outputs = {{.number = 2, .dims = out_dims}};
  op.adjoint_a = adjoint_a;
  op.adjoint_b = adjoint_b;
  const int threads = random.integer(1, 3);
  const auto plan = make_batch_matmul_plan({op, nullptr, best_kernels(), nullptr, threads}, {});
  const std::vector<float> output = run_plan(*plan, {&a, &b}, size_of(out_dims), threads);

  for (size_t i = 0; i < output.size(); ++i) {
    const int column = static_cast<int>(i) % columns, row = static_cast<int>(i) / columns % rows;
    std::vector<int> index(batch.size());
    size_t left = i / static_cast<size_t>(rows * columns);
    for (size_t axis = batch.size(); axis-- > 0;) {
      index[axis] = static_cast<int>(left % static_cast<size_t>(batch[axis]));
      left /= static_cast<size_t>(batch[axis]);
    }
    const size_t at_a = matrix_at(a_dims, index), at_b = matrix_at(b_dims, index);
    double sum = 0;
    for (int j = 0; j < k; ++j) {
      sum += static_cast<double>(a[at_a + static_cast<size_t>(adjoint_a ? j * rows + row : row * k + j)]) *
             b[at_b + static_cast<size_t>(adjoint_b ? column * k + j : j * columns + column)];
    }
    ASSERT_NEAR(output[i], sum, 1e-4) << i << ", seed " << seed;
  }
}

TEST(BatchMatmulPlan, MultipliesEveryPairOfMatrices) {
  const std::vector<std::vector<std::vector<int>>> batches = {
      {{}, {}, {}},  {{3}, {3}, {3}}, {{2, 1}, {4}, {2, 4}}, {{2, 3}, {2, 3}, {2, 3}}, {{1, 5}, {2, 1}, {2, 5}},
      {{6}, {}, {6}}};
  uint32_t seed = 0;
  for (const auto& batch : batches) {
    for (const bool adjoint_a : {false, true}) {
      for (const bool adjoint_b : {false, true}) {
        Random random(++seed);
        expect_batch_matmul(batch[0], batch[1], batch[2], random.integer(1, 40), random.integer(1, 30),
                            random.integer(1, 40), adjoint_a, adjoint_b, seed);
      }
    }
  }
}

}  // namespace
}  // namespace approxlite
