// What a rung makes of a whole partition: fused additions, reduced grids and bytes between neighbours change which work
// is done, and no bit of the result.
#include <gtest/gtest.h>

#include "engine/configuration.h"
#include "engine/lowering.h"
#include "test/engine/partition_run.h"

namespace approxlite {
namespace {

constexpr Range kRelu = {.low = 0};

// A residual block of pointwise convolutions between two spatial ones.
struct Block {
  explicit Block(uint32_t seed, ElementType type = ElementType::kFloat32) : network(seed) {
    const Grid grid = {0.05f, 100};
    input = network.tensor({9, 10, 16}, type, grid);
    const int a = network.conv(input, 24, 3, 1, kRelu);
    const int b = network.conv(a, 24, 1, 1, kRelu);
    const int c = network.conv(b, 24, 1);
    const int d = network.add(c, a, kRelu);
    const int e = network.conv(d, 16, 1);
    output = network.conv(e, 8, 3, 2);
  }
  Network network;
  int input, output;
};

std::vector<Knob> knobs_of(const Block& block, const char* configuration) {
  std::vector<Configurable> operators;
  for (const Operator& op : block.network.operators()) operators.push_back({op.id, type_name(op.type), op.knobs});
  std::vector<Knob> knobs;
  std::string error;
  EXPECT_TRUE(parse_configuration(configuration, operators, &knobs, &error)) << error;
  return knobs;
}

std::vector<Choice> choices_of(const Block& block, const char* configuration, const Grid& grid = {0.02f, 60}) {
  std::vector<Choice> choices;
  for (const Knob& knob : knobs_of(block, configuration)) choices.push_back({knob, grid, nullptr});
  return choices;
}

// One run of the whole block in one partition.
std::vector<std::vector<uint8_t>> run(const Block& block, const char* configuration, ThreadPool& pool,
                                      const KernelTable& kernels = best_kernels()) {
  return run_whole(block.network, block.input, {block.output}, choices_of(block, configuration), pool, kernels);
}

class RungLayoutTest : public testing::TestWithParam<const char*> {};

TEST_P(RungLayoutTest, LeavesTheBitsOfOperatorsRunOneByOne) {
  ThreadPool pool(1);
  for (uint32_t seed = 0; seed < 5; ++seed) {
    const Block block(seed);
    EXPECT_EQ(run(block, GetParam(), pool),
              run_one_by_one(block.network, block.input, {block.output}, choices_of(block, GetParam()), pool));
  }
}

TEST_P(RungLayoutTest, GivesTheSameBitsOnEveryVariantAndThreadCount) {
  const Block block(3);
  ThreadPool one(1), two(2), five(5);
  const auto expected = run(block, GetParam(), one, *kernels_named("reference"));
  for (int i = 0; kernels_at(i) != nullptr; ++i) {
    for (ThreadPool* pool : {&one, &two, &five}) {
      EXPECT_EQ(run(block, GetParam(), *pool, *kernels_at(i)), expected) << kernels_at(i)->name;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Configurations, RungLayoutTest,
                         testing::Values("exact", "conv_2d=rows:1/2", "conv_2d=checker:1/2", "conv_2d=cols:2/3",
                                         "conv_2d_1=rows:1/2,conv_2d_2=rows:1/2", "conv_2d_4=rows:1/2",
                                         "conv_2d_2=checker:1/2,conv_2d_4=checker:1/2,conv_2d_1=rows:1/3",
                                         "conv_2d_1=sample:1/2+rows:1/2,conv_2d_4=rows:1/2"));

RungLayout layout_of(const Block& block, const char* configuration) {
  const Graph graph(lowered(block.network.operators(), {block.output}), {block.input}, {block.output},
                    block.network.tensor_count());
  return lay_out(graph, choices_of(block, configuration), std::vector<bool>(graph.tensors().size(), false));
}

size_t bytes_tensors(const RungLayout& layout) {
  size_t count = 0;
  for (const Form& form : layout.forms) count += form.bytes ? 1 : 0;
  return count;
}

size_t reduced_tensors(const RungLayout& layout) {
  size_t count = 0;
  for (const Pattern& pattern : layout.demand) count += pattern.whole() ? 0 : 1;
  return count;
}

TEST(RungLayout, AnAdditionIsDoneByItsConvolutionUnlessPixelsMustBeFilledInBefore) {
  const Block block(1);
  EXPECT_TRUE(layout_of(block, "exact").added[3]);
  EXPECT_FALSE(layout_of(block, "conv_2d_2=rows:1/2").added[3]);
  EXPECT_TRUE(layout_of(block, "conv_2d_2=rows:1/2,conv_2d_4=rows:1/2").added[3]);
}

TEST(RungLayout, TensorsBetweenPointwiseOperatorsOfOnePatternStayOnTheirGrid) {
  const Block block(1);
  EXPECT_EQ(reduced_tensors(layout_of(block, "exact")), 0u);
  // Read by one pointwise convolution of that pattern: b, and d whose addend a is read so too, but not by conv_2d_1.
  EXPECT_GE(reduced_tensors(layout_of(block, "conv_2d_2=rows:1/2,conv_2d_4=rows:1/2")), 2u);
  // The last convolution is spatial.
  EXPECT_EQ(reduced_tensors(layout_of(block, "conv_2d_5=rows:1/2")), 0u);
}

TEST(RungLayout, TensorsBetweenCalibratedInt8OperatorsAreBytes) {
  const Block block(1);
  EXPECT_EQ(bytes_tensors(layout_of(block, "exact")), 0u);
  // a, b, d and e; what conv_2d_2 would write by itself is never there.
  EXPECT_EQ(bytes_tensors(layout_of(block, "all=int8")), 4u);
  EXPECT_EQ(bytes_tensors(layout_of(block, "conv_2d_1=int8")), 0u);
  EXPECT_EQ(bytes_tensors(layout_of(block, "conv_2d_1=int8,conv_2d_2=int8")), 1u);
}

}  // namespace
}  // namespace approxlite
