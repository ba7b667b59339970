#include "agent/plan.h"

#include <gtest/gtest.h>

#include "controller/random.h"
#include "test/agent/scratch.h"

namespace approxlite::agent {
namespace {

// The line of docs/agent-protocol.md.
constexpr char kLine[] =
    R"({"block": 12, "subject": "approxlite", "configuration": "conv_2d_3=int8", "scales": {"conv_2d_3": [0.02, 128]},)"
    R"( "inferences": 200, "uncounted": 20, "operators": true, "seconds": 0, "gap_ms": 0, "readings_ms": 0,)"
    R"( "longest_s": 60, "hottest_c": 0})";
constexpr char kIdle[] = R"({"block": 1, "subject": "idle", "seconds": 2.5})";

std::string refusal(const std::string& line) {
  Block block;
  std::string error;
  EXPECT_FALSE(parse_block(line, &block, &error)) << line;
  EXPECT_FALSE(error.empty()) << line;
  return error;
}

// A line with one member more; what comes first is `front`.
std::string with(const std::string& member, const std::string& front = R"("block": 1, "subject": "stock")") {
  return "{" + front + (member.empty() ? "" : ", ") + member + "}";
}

TEST(Plan, ALineSaysEverythingAboutItsBlock) {
  Block block;
  std::string error;
  ASSERT_TRUE(parse_block(kLine, &block, &error)) << error;
  EXPECT_EQ(block.number, 12);
  EXPECT_EQ(block.subject, Subject::kApproxlite);
  EXPECT_EQ(block.configuration, "conv_2d_3=int8");
  ASSERT_EQ(block.scales.size(), 1u);
  EXPECT_EQ(block.scales[0], (Grid{"conv_2d_3", 0.02f, 128}));
  EXPECT_EQ(block.inferences, 200);
  EXPECT_EQ(block.uncounted, 20);
  EXPECT_TRUE(block.operators);
  EXPECT_EQ(block.longest_s, 60);
}

TEST(Plan, WhatALineLeavesOutHasItsDefault) {
  Block block;
  std::string error;
  ASSERT_TRUE(parse_block(kIdle, &block, &error)) << error;
  EXPECT_EQ(block.subject, Subject::kIdle);
  EXPECT_EQ(block.seconds, 2.5);
  EXPECT_EQ(block.configuration, "exact");
  EXPECT_EQ(block.longest_s, 60);
}

TEST(Plan, WhatItDoesNotKnowItRefusesByName) {
  EXPECT_EQ(refusal(with(R"("inferences": 1, "haste": 1)")), "unknown member 'haste'");
  EXPECT_EQ(refusal(R"({"block": 1, "subject": "nobody", "inferences": 1})"),
            "'subject' is none of approxlite, stock, idle");
  EXPECT_EQ(refusal(R"({"block": 1, "inferences": 1})"), "'subject' is missing");
  EXPECT_EQ(refusal(R"({"subject": "stock", "inferences": 1})"), "'block' is missing");
  EXPECT_EQ(refusal(with("")), "neither 'inferences' nor 'seconds' is above 0");
  EXPECT_EQ(refusal(R"({"block": 1, "subject": "idle"})"), "'seconds' is not above 0, and idle lasts so long");
  EXPECT_EQ(refusal(with(R"("inferences": 1, "inferences": 2)")), "'inferences' is there twice");
  EXPECT_EQ(refusal(with(R"("scales": {"a": [1, 0], "a": [2, 0]}, "inferences": 1)")), "'a' is there twice");
}

TEST(Plan, ValuesOutOfRangeOrOfAnotherTypeAreRefused) {
  for (const char* member : {R"("inferences": -1)",
                             R"("inferences": 1.5)",
                             R"("inferences": 10000001)",
                             R"("inferences": "7")",
                             R"("inferences": 99999999999999999999)",
                             R"("inferences": null)",
                             R"("uncounted": true)",
                             R"("operators": 1)",
                             R"("seconds": -0.1)",
                             R"("seconds": 1e99)",
                             R"("seconds": 1e999)",
                             R"("gap_ms": 60001)",
                             R"("longest_s": 0)",
                             R"("hottest_c": 151)",
                             R"("configuration": 3)",
                             R"("configuration": "a\u0000b")",
                             R"("configuration": ["exact"])",
                             R"("scales": [])",
                             R"("scales": {"a": [0, 0]})",
                             R"("scales": {"a": [1, 256]})",
                             R"("scales": {"a": [1e99, 0]})",
                             R"("scales": {"a": [1]})",
                             R"("scales": {"a": [1, -1]})",
                             R"("scales": {"a": {"b": 1}})",
                             R"("scales": {"a": [[1], 1]})",
                             R"("readings_ms": 1, "longest_s": 3600)"}) {
    refusal(with(member));
  }
}

TEST(Plan, OnlyOneObjectIsALine) {
  for (const char* line :
       {"", "[]", "7", "null", "{", "{}{}", R"({"block": 1,})", "{'block': 1}", "\xff\xfe", "{\"\xff\": 1}"}) {
    refusal(line);
  }
}

TEST(Plan, DepthAndLengthAreBounded) {
  const std::string deep = R"("scales": )" + std::string(400'000, '[') + std::string(400'000, ']');
  EXPECT_EQ(refusal(with(deep)), "nested too deep");
  EXPECT_EQ(refusal(with(R"("configuration": ")" + std::string(kLongestLine, 'a') + "\"")), "longer than 1 MiB");
}

TEST(Plan, NumbersOfBlocksAreUnique) {
  std::vector<Block> blocks;
  std::string error;
  const std::string line(kIdle);
  EXPECT_EQ(parse_plan(line + "\n\n" + kLine + "\r\n", &blocks, &error), PlanRead::kRead) << error;
  EXPECT_EQ(blocks.size(), 2u);
  EXPECT_EQ(parse_plan(line + "\n" + line + "\n", &blocks, &error), PlanRead::kUnusable);
  EXPECT_EQ(error, "plan.jsonl, line 2: block 1 is there twice");
}

TEST(Plan, ALastLineThatIsNotWholeIsStillGrowing) {
  const std::string text = std::string(kIdle) + "\n" + kLine;
  const size_t first = sizeof(kIdle);
  for (size_t size = first + 1; size < text.size(); ++size) {
    std::vector<Block> blocks;
    std::string error;
    EXPECT_EQ(parse_plan(text.substr(0, size), &blocks, &error), PlanRead::kGrowing) << size;
    EXPECT_EQ(blocks.size(), 1u);
  }
  std::vector<Block> blocks;
  std::string error;
  EXPECT_EQ(parse_plan(text, &blocks, &error), PlanRead::kRead) << "whole, though without its end of line";
  EXPECT_EQ(parse_plan(text.substr(0, text.size() - 1) + "\n", &blocks, &error), PlanRead::kUnusable);
}

TEST(Plan, AMissingOrHugeFileIsSaidInOneLine) {
  const Scratch scratch;
  std::vector<Block> blocks;
  std::string error;
  EXPECT_EQ(read_plan(scratch.path("none"), &blocks, &error), PlanRead::kUnusable);
  EXPECT_NE(error.find("cannot be read (No such file"), std::string::npos) << error;
  EXPECT_EQ(read_plan(scratch.path(), &blocks, &error), PlanRead::kUnusable) << "a folder";
  scratch.write("huge", std::string(kLongestPlan + 1, '\n'));
  EXPECT_EQ(read_plan(scratch.path("huge"), &blocks, &error), PlanRead::kUnusable);
}

// Whatever the bytes are: what is accepted is within its ranges, and nothing reads beyond its end (the sanitizers see).
TEST(Plan, SurvivesAnyBytes) {
  int accepted = 0;
  for (uint64_t seed = 0; seed < 20'000; ++seed) {
    Random random(seed);
    std::string text = seed % 3 == 0 ? kIdle : kLine;
    if (seed % 5 == 0) text += "\n" + std::string(kIdle);
    for (uint64_t edits = 1 + random.next() % 4; edits > 0 && !text.empty(); --edits) {
      const size_t place = random.next() % text.size(), length = random.next() % 9;
      switch (random.next() % 5) {
        case 0: text[place] = static_cast<char>(random.next()); break;
        case 1: text.erase(place, length); break;
        case 2: text.insert(place, text.substr(random.next() % text.size(), length)); break;
        case 3: text.insert(place, length, R"({}[]":,\09e-)"[random.next() % 12]); break;
        default: text[place] ^= static_cast<char>(1 << random.next() % 8); break;
      }
    }
    std::vector<Block> blocks;
    std::string error;
    const PlanRead read = parse_plan(text, &blocks, &error);
    EXPECT_EQ(error.empty(), read == PlanRead::kRead) << seed;
    for (const Block& block : blocks) {
      ++accepted;
      EXPECT_GE(block.number, 0);
      EXPECT_TRUE(block.inferences >= 0 && block.inferences <= 10'000'000) << seed;
      EXPECT_TRUE(block.longest_s > 0 && block.seconds >= 0 && block.hottest_c <= 150) << seed;
      for (const Grid& grid : block.scales)
        EXPECT_TRUE(grid.scale > 0 && grid.zero_point >= 0 && grid.zero_point < 256);
    }
  }
  EXPECT_GT(accepted, 1000) << "mutations that leave nothing whole test little";
}

}  // namespace
}  // namespace approxlite::agent
