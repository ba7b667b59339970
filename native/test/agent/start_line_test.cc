#include "agent/start_line.h"

#include <gtest/gtest.h>

#include <vector>

namespace approxlite::agent {
namespace {

const std::vector<const char*> kWhole = {"agent", "protocol=1", "folder=/f", "model=m", "engine=e", "runtime=r"};

bool read(std::vector<const char*> words, StartLine* line, std::string* error) {
  return read_start_line(static_cast<int>(words.size()), words.data(), line, error);
}

std::string refusal(std::vector<const char*> words) {
  StartLine line;
  std::string error;
  EXPECT_FALSE(read(words, &line, &error));
  EXPECT_EQ(error.find('\n'), std::string::npos);
  return error;
}

std::vector<const char*> with(const char* word) {
  std::vector<const char*> words = kWhole;
  words.push_back(word);
  return words;
}

TEST(StartLine, DefaultsAreOneThreadAndSeedZero) {
  StartLine line;
  std::string error;
  ASSERT_TRUE(read(kWhole, &line, &error)) << error;
  EXPECT_EQ(line.folder + line.model + line.engine + line.runtime, "/fmer");
  EXPECT_EQ(line.threads, 1);
  EXPECT_EQ(line.seed, 0u);
}

TEST(StartLine, ValuesMayHoldEqualsSigns) {
  StartLine line;
  std::string error;
  ASSERT_TRUE(read({"agent", "seed=18446744073709551615", "threads=16", "model=a=b", "runtime=r", "engine=e",
                    "folder=f", "protocol=1"},
                   &line, &error));
  EXPECT_EQ(line.model, "a=b");
  EXPECT_EQ(line.threads, 16);
  EXPECT_EQ(line.seed, UINT64_MAX);
}

TEST(StartLine, WhatItDoesNotKnowItRefusesByName) {
  EXPECT_EQ(refusal(with("hurry=yes")), "start line: unknown key 'hurry'");
  EXPECT_EQ(refusal(with("hurry")), "start line: 'hurry' is not key=value");
  EXPECT_EQ(refusal(with("model=other")), "start line: 'model' is given twice");
  EXPECT_EQ(refusal({"agent", "folder=f", "model=m", "engine=e", "runtime=r"}), "start line: 'protocol' is missing");
  EXPECT_EQ(refusal({"agent", "protocol=2"}),
            "start line: protocol 2 is not spoken here, only 1; use an agent of that version");
  EXPECT_EQ(refusal({"agent", "protocol=1", "folder=f", "model="}), "start line: 'model' is empty");
}

TEST(StartLine, NumbersAreWholeAndInRange) {
  for (const char* word : {"threads=0", "threads=17", "threads=1x", "threads=", "threads=99999999999", "seed=-1",
                           "seed=1.5", "seed=18446744073709551616"}) {
    EXPECT_NE(refusal(with(word)).find("start line: "), std::string::npos) << word;
  }
}

}  // namespace
}  // namespace approxlite::agent
