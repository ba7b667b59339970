#include "agent/rows_file.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "controller/random.h"
#include "test/agent/scratch.h"

namespace approxlite::agent {
namespace {

std::string row(int64_t block) {
  return R"({"kind":"block","block":)" + std::to_string(block) + R"(,"before":{"temperature_c":{"skin":31.2}}})";
}
const std::string kOpening = R"({"kind":"opening","protocol":1})";

TEST(RowsFile, WhatWasAppendedIsDoneAfterTheNextStart) {
  const Scratch scratch;
  std::string error;
  {
    RowsFile rows;
    ASSERT_TRUE(rows.open(scratch.path("rows.jsonl"), &error)) << error;
    EXPECT_EQ(rows.append(kOpening, -1), RowsFile::Written::kYes);
    EXPECT_EQ(rows.append(row(3), 3), RowsFile::Written::kYes);
    EXPECT_EQ(rows.append(row(0), 0), RowsFile::Written::kYes);
  }
  RowsFile rows;
  ASSERT_TRUE(rows.open(scratch.path("rows.jsonl"), &error)) << error;
  EXPECT_EQ(rows.done(), (std::unordered_set<int64_t>{0, 3}));
  EXPECT_EQ(scratch.read("rows.jsonl"), kOpening + "\n" + row(3) + "\n" + row(0) + "\n");
}

TEST(RowsFile, ATornLastLineIsCutOffWhereverItTore) {
  const Scratch scratch;
  const std::string whole = kOpening + "\n" + row(1) + "\n", torn = row(2) + "\n";
  for (size_t kept = 0; kept < torn.size(); ++kept) {
    scratch.write("rows.jsonl", whole + torn.substr(0, kept));
    RowsFile rows;
    std::string error;
    ASSERT_TRUE(rows.open(scratch.path("rows.jsonl"), &error)) << error;
    EXPECT_EQ(rows.done(), (std::unordered_set<int64_t>{1})) << kept;
    EXPECT_EQ(rows.append(row(2), 2), RowsFile::Written::kYes);
    EXPECT_EQ(scratch.read("rows.jsonl"), whole + torn);
  }
}

TEST(RowsFile, ALastLineOfZerosIsTornToo) {
  const Scratch scratch;
  scratch.write("rows.jsonl", row(1) + "\n" + std::string(100, '\0') + "\n");
  RowsFile rows;
  std::string error;
  ASSERT_TRUE(rows.open(scratch.path("rows.jsonl"), &error)) << error;
  EXPECT_EQ(scratch.read("rows.jsonl"), row(1) + "\n");
}

TEST(RowsFile, AnEarlierLineThatIsNoRowIsLeftAloneAndSaid) {
  const Scratch scratch;
  for (const char* line :
       {"rubbish", "{}", "[]", R"({"kind":7})", R"({"kind":"block"})", R"({"kind":"block","block":"1"})"}) {
    const std::string content = row(1) + "\n" + line + "\n" + row(2) + "\n";
    scratch.write("rows.jsonl", content);
    RowsFile rows;
    std::string error;
    EXPECT_FALSE(rows.open(scratch.path("rows.jsonl"), &error)) << line;
    EXPECT_NE(error.find("line 2: no row"), std::string::npos) << error;
    EXPECT_EQ(scratch.read("rows.jsonl"), content);
  }
}

TEST(RowsFile, ReservedRoomIsNoPartOfTheFile) {
  const Scratch scratch;
  RowsFile rows;
  std::string error;
  ASSERT_TRUE(rows.open(scratch.path("rows.jsonl"), &error));
  EXPECT_EQ(rows.reserve(1 << 20), RowsFile::Written::kYes);
  EXPECT_EQ(rows.append(row(1), 1), RowsFile::Written::kYes);
  EXPECT_EQ(scratch.read("rows.jsonl"), row(1) + "\n");
}

// A limit on the size of files stops a write in its middle, as a full disk does.
TEST(RowsFile, ARowThatDoesNotFitLeavesNothingBehind) {
  const Scratch scratch;
  const std::string path = scratch.path("rows.jsonl");
  const pid_t child = fork();
  if (child == 0) {
    signal(SIGXFSZ, SIG_IGN);
    const rlimit limit = {row(1).size() + 10, row(1).size() + 10};
    RowsFile rows;
    std::string error;
    bool good = rows.open(path, &error) && setrlimit(RLIMIT_FSIZE, &limit) == 0;
    good = good && rows.append(row(1), 1) == RowsFile::Written::kYes;
    good = good && rows.append(row(2), 2) == RowsFile::Written::kNo && !rows.done().contains(2);
    _exit(good && rows.error().find("writing failed") != std::string::npos ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(scratch.read("rows.jsonl"), row(1) + "\n");
}

// Killed at any moment and started again until everything is there: no row is lost that was said to be written.
TEST(RowsFile, NoRowIsLostOrTwiceThoughTheWriterIsKilledAtRandom) {
  const Scratch scratch;
  const std::string path = scratch.path("rows.jsonl");
  constexpr int64_t kBlocks = 200;
  Random random(7);
  int kills = 0;
  for (bool finished = false; !finished;) {
    const pid_t writer = fork();
    if (writer == 0) {
      RowsFile rows;
      std::string error;
      if (!rows.open(path, &error)) _exit(1);
      for (int64_t block = 0; block < kBlocks; ++block) {
        if (!rows.done().contains(block) && rows.append(row(block), block) != RowsFile::Written::kYes) _exit(1);
      }
      _exit(0);
    }
    // Longer each time, so that a slow computer gets to the end too.
    usleep(static_cast<useconds_t>(200 + random.next() % static_cast<uint64_t>(4000 + 300 * kills)));
    kill(writer, SIGKILL);
    int status = 0;
    waitpid(writer, &status, 0);
    finished = WIFEXITED(status);
    kills += finished ? 0 : 1;
    if (finished) {
      ASSERT_EQ(WEXITSTATUS(status), 0);
    }
    ASSERT_LT(kills, 2000);
  }
  EXPECT_GT(kills, 0) << "the writer was never in the middle of it";
  std::istringstream content(scratch.read("rows.jsonl"));
  std::string line;
  for (int64_t block = 0; block < kBlocks; ++block) {
    ASSERT_TRUE(std::getline(content, line));
    EXPECT_EQ(line, row(block));
  }
  EXPECT_FALSE(std::getline(content, line));
}

}  // namespace
}  // namespace approxlite::agent
