// What lowering folds is no longer run and changes no bit of what its readers compute; what it must leave, it leaves.
#include "engine/lowering.h"

#include <gtest/gtest.h>

#include <cmath>

#include "test/engine/partition_run.h"

namespace approxlite {
namespace {

struct Tested {
  const char* name;
  ElementType type;
  Grid grid;
};

// A pad fills 8-bit tensors with the byte of zero, wherever that lies on their grid.
constexpr Tested kTested[] = {{"floats", ElementType::kFloat32, {}},
                              {"signed, zero point -128", ElementType::kInt8, {0.05f, 0}},
                              {"signed, zero point -28", ElementType::kInt8, {0.05f, 100}},
                              {"signed, zero point 127", ElementType::kInt8, {0.05f, 255}},
                              {"unsigned, zero point 77", ElementType::kUInt8, {0.05f, 77}}};

std::vector<std::string> notes(const Network& network, const std::vector<int>& outputs) {
  std::vector<std::string> notes;
  for (const Operator& op : lowered(network.operators(), outputs)) notes.push_back(op.note);
  return notes;
}

using Notes = std::vector<std::string>;

void expect_same_bits(const Network& network, int input, const std::vector<int>& outputs, const char* name) {
  const std::vector<Choice> exact(network.operators().size());
  ThreadPool pool(1);
  const auto expected = run_one_by_one(network, input, outputs, exact, pool);
  for (int i = 0; kernels_at(i) != nullptr; ++i) {
    EXPECT_EQ(run_whole(network, input, outputs, exact, pool, *kernels_at(i)), expected)
        << name << ", " << kernels_at(i)->name;
  }
}

TEST(Padding, GoesIntoEveryConvolutionThatReadsIt) {
  for (const Tested& tested : kTested) {
    Network network(3);
    const int input = network.tensor({5, 6, 8}, tested.type, tested.grid);
    const int padded = network.pad(input, 1, 2, 3, 0);
    const std::vector<int> outputs = {network.conv(padded, 7, 3), network.conv(padded, 5, 2, 2),
                                      network.conv(padded, 4, 1), network.depthwise(padded, 3)};
    EXPECT_EQ(notes(network, outputs)[0], "folded into conv_2d_1, conv_2d_2, conv_2d_3, depthwise_conv_2d_4");
    expect_same_bits(network, input, outputs, tested.name);
  }
}

TEST(Padding, OnlyTheLastOfTwoIsFolded) {
  for (const Tested& tested : kTested) {
    Network network(4);
    const int input = network.tensor({3, 3, 8}, tested.type, tested.grid);
    const int output = network.conv(network.pad(network.pad(input, 1, 1, 1, 1), 0, 2, 2, 0), 7, 3);
    EXPECT_EQ(notes(network, {output}), (Notes{"", "folded into conv_2d_2", ""}));
    expect_same_bits(network, input, {output}, tested.name);
  }
}

TEST(Padding, WiderThanTheWindowLeavesPixelsThatSeeNothingButIt) {
  for (const Tested& tested : kTested) {
    Network network(5);
    const int input = network.tensor({1, 1, 4}, tested.type, tested.grid);
    const int output = network.conv(network.pad(input, 6, 5, 4, 7), 9, 3, 2);
    expect_same_bits(network, input, {output}, tested.name);
  }
}

TEST(Padding, StaysWhereSomebodyElseReadsIt) {
  Network network(6);
  const int input = network.tensor({4, 4, 8});
  const int padded = network.pad(input, 1, 1, 1, 1);
  const int filtered = network.conv(padded, 8, 3);
  EXPECT_EQ(notes(network, {filtered, padded}), (Notes{"", ""}));
  const int sum = network.add(filtered, padded);
  EXPECT_EQ(notes(network, {sum}), (Notes{"", "", ""}));
  expect_same_bits(network, input, {sum}, "read by an addition too");
}

TEST(Padding, StaysUnlessItIsZerosAroundRowsAndColumns) {
  const auto note_with = [](const auto& change) {
    Network network(7);
    const int input = network.tensor({4, 4, 8});
    const int padded = network.pad(input, 1, 1, 1, 1);
    change(network.last());
    return notes(network, {network.conv(padded, 8, 3)})[0];
  };
  EXPECT_NE(note_with([](Operator&) {}), "");
  EXPECT_NE(note_with([](Operator& op) { op.type = OperatorType::kPadV2; }), "");
  EXPECT_EQ(note_with([](Operator& op) { op.type = OperatorType::kMirrorPad; }), "");
  EXPECT_EQ(note_with([](Operator& op) { op.box.fill = 0.5f; }), "");
  EXPECT_EQ(note_with([](Operator& op) { op.box.fill = NAN; }), "");
  EXPECT_EQ(note_with([](Operator& op) { op.box.begin[kMaxRank - 1] = -1; }), "");
  EXPECT_EQ(note_with([](Operator& op) { op.box.source_dims[kMaxRank - 1] = 7; }), "");
  EXPECT_EQ(note_with([](Operator& op) { op.box.target_dims[kMaxRank - 4] = 2; }), "");
}

constexpr OperatorType kClamps[] = {OperatorType::kRelu, OperatorType::kRelu6, OperatorType::kReluN1To1};

TEST(Clamp, GoesIntoWhatItAloneReads) {
  for (const Tested& tested : kTested) {
    for (const OperatorType type : kClamps) {
      Network network(8);
      const int input = network.tensor({5, 6, 8}, tested.type, tested.grid);
      const int a = network.clamp(network.conv(input, 8, 3), type);
      const int b = network.clamp(network.depthwise(a, 3), type);
      const int c = network.clamp(network.add(a, b), type);
      EXPECT_EQ(notes(network, {c}),
                (Notes{"", "folded into conv_2d_0", "", "folded into depthwise_conv_2d_2", "", "folded into add_4"}));
      expect_same_bits(network, input, {c}, tested.name);
    }
  }
}

TEST(Clamp, OfAClampHasTheLastWord) {
  for (const OperatorType first : kClamps) {
    for (const OperatorType second : kClamps) {
      // Bounds of its own that meet the clamps', or do not.
      for (const Range own : {Range{}, Range{-2, 0.5f}, Range{7, 9}, Range{-9, -8}}) {
        Network network(9);
        const int input = network.tensor({3, 3, 8});
        const int output = network.clamp(network.clamp(network.conv(input, 6, 3, 1, own), first), second);
        EXPECT_EQ(notes(network, {output}), (Notes{"", "folded into conv_2d_0", "folded into conv_2d_0"}));
        expect_same_bits(network, input, {output}, "two clamps");
      }
    }
  }
}

TEST(Clamp, StaysWhereItsInputIsReadElsewhereOrIsNotClamped) {
  Network network(10);
  const int input = network.tensor({6, 6, 8});
  const int filtered = network.conv(input, 8, 3);
  const int rectified = network.clamp(filtered, OperatorType::kRelu);
  EXPECT_EQ(notes(network, {rectified, filtered}), (Notes{"", ""}));
  expect_same_bits(network, input, {rectified, filtered}, "an output of the partition");
  const int sum = network.add(rectified, filtered);
  EXPECT_EQ(notes(network, {sum}), (Notes{"", "", ""}));
  expect_same_bits(network, input, {sum}, "read twice");
  const int pooled = network.clamp(network.max_pool(sum), OperatorType::kRelu);
  EXPECT_EQ(notes(network, {pooled}).back(), "");
  expect_same_bits(network, input, {pooled}, "after a max pool");
}

TEST(Clamp, StaysWhereItChangesTheGrid) {
  Network network(11);
  const int input = network.tensor({4, 4, 8}, ElementType::kInt8, {0.05f, 100});
  const int output = network.clamp(network.conv(input, 8, 3), OperatorType::kRelu6);
  std::vector<Operator> operators = network.operators();
  operators.back().outputs[0].grid = {0.02f, 0};
  EXPECT_EQ(lowered(operators, {output}).back().note, "");
}

TEST(Clamp, OfTheInputStays) {
  Network network(12);
  const int input = network.tensor({4, 4, 8});
  const int output = network.clamp(input, OperatorType::kRelu);
  EXPECT_EQ(notes(network, {output}), Notes{""});
  expect_same_bits(network, input, {output}, "nobody writes it");
}

// Which operator does the addition `place`, -1 for none.
int does_addition(const Network& network, const std::vector<int>& outputs, int place) {
  const std::vector<Operator> operators = lowered(network.operators(), outputs);
  for (size_t i = 0; i < operators.size(); ++i) {
    if (operators[i].addition == place) return static_cast<int>(i);
  }
  return -1;
}

TEST(Addition, HangsOnTheLaterOfTwoConvolutions) {
  Network network(13);
  const int input = network.tensor({5, 5, 8});
  const int a = network.conv(input, 8, 3), b = network.conv(input, 8, 1);
  const int sum = network.add(b, a);
  EXPECT_EQ(does_addition(network, {sum}, 2), 1);
  EXPECT_EQ(lowered(network.operators(), {sum})[1].addend_input, 1);
  expect_same_bits(network, input, {sum}, "two convolutions");
}

TEST(Addition, StaysWhereItsOtherOperandIsNotThereYet) {
  Network network(14);
  const int input = network.tensor({5, 5, 8});
  const int a = network.conv(input, 8, 3);
  const int b = network.depthwise(input, 3);
  const int sum = network.add(a, b);
  EXPECT_EQ(does_addition(network, {sum}, 2), -1);
  expect_same_bits(network, input, {sum}, "the other operand comes later");
}

TEST(Addition, StaysWhereTheConvolutionIsReadElsewhereOrAddedToItself) {
  Network network(15);
  const int input = network.tensor({5, 5, 8});
  const int a = network.conv(input, 8, 3);
  const int sum = network.add(input, a);
  EXPECT_EQ(does_addition(network, {sum}, 1), 0);
  EXPECT_EQ(does_addition(network, {sum, a}, 1), -1);
  expect_same_bits(network, input, {sum, a}, "an output of the partition");
  Network doubled(16);
  const int x = doubled.tensor({5, 5, 8});
  const int filtered = doubled.conv(x, 8, 3);
  const int twice = doubled.add(filtered, filtered);
  EXPECT_EQ(does_addition(doubled, {twice}, 1), -1);
  expect_same_bits(doubled, x, {twice}, "added to itself");
}

TEST(Addition, OfBytesIsDoneByItself) {
  Network network(17);
  const int input = network.tensor({5, 5, 8}, ElementType::kInt8, {0.05f, 100});
  const int sum = network.add(input, network.conv(input, 8, 3));
  EXPECT_EQ(does_addition(network, {sum}, 1), -1);
  expect_same_bits(network, input, {sum}, "bytes");
}

// A chain with all of it: padding, clamps and an addition around one convolution.
TEST(Lowering, FoldsTheSameOperatorFromBothSides) {
  for (const Tested& tested : kTested) {
    Network network(18);
    const int input = network.tensor({6, 5, 8}, tested.type, tested.grid);
    const int rectified = network.clamp(network.conv(network.pad(input, 2, 0, 0, 2), 8, 3), OperatorType::kRelu6);
    const int again = network.clamp(network.conv(network.pad(rectified, 1, 1, 1, 1), 8, 3), OperatorType::kRelu);
    const int sum = network.add(network.clamp(network.pad(rectified, 1, 1, 1, 1), OperatorType::kReluN1To1), again);
    const int output = network.clamp(sum, OperatorType::kRelu6);
    expect_same_bits(network, input, {output}, tested.name);
  }
}

}  // namespace
}  // namespace approxlite
