#include "controller/guard_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "controller/guard.h"
#include "guard_options.h"

namespace {

using Handle = GuardHandle;

class GuardFile : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/guard_file_test_XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    folder_ = name;
    path_ = folder_ / "guard.state";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string content() const {
    std::ifstream file(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  void put(const std::string& bytes) const { std::ofstream(path_, std::ios::binary) << bytes; }
  approx_status load(const Handle& guard) const { return approx_guard_load_file(guard.get(), path_.c_str()); }
  approx_status save(const Handle& guard) const { return approx_guard_save_file(guard.get(), path_.c_str()); }

  void expect_unreadable() const {
    Handle guard = create();
    EXPECT_EQ(load(guard), APPROX_INVALID_ARGUMENT);
    EXPECT_EQ(status_of(guard).alarm, APPROX_ALARM_UNREADABLE);
  }

  std::filesystem::path folder_, path_;
};

TEST_F(GuardFile, HoldsWhatTheBytesHold) {
  Handle guard = create();
  std::array<uint8_t, APPROX_GUARD_STATE_BYTES> state = {};
  for (int round = 0; round < 5; ++round) {
    for (int i = 0; i < 200; ++i) {
      if (guard->guard.draw(1).checked) guard->guard.check(i % 50 == 0);
    }
    if (round == 4) guard->guard.latch(APPROX_ALARM_PERSON);
    ASSERT_EQ(save(guard), APPROX_OK);
    ASSERT_EQ(approx_guard_save(guard.get(), state.data()), APPROX_OK);
    ASSERT_EQ(content(), std::string(state.begin(), state.end())) << round;
  }
  Handle other = create();
  EXPECT_EQ(load(other), APPROX_OK);
  EXPECT_EQ(status_of(other).alarm, APPROX_ALARM_PERSON);
  EXPECT_EQ(status_of(other).e_value, status_of(guard).e_value);
}

TEST_F(GuardFile, MissingIsAGuardThatNeverSaved) {
  Handle guard = create();
  EXPECT_EQ(load(guard), APPROX_OK);
  EXPECT_EQ(status_of(guard).alarm, APPROX_ALARM_NONE);
}

TEST_F(GuardFile, LeavesNothingElseInItsFolder) {
  ASSERT_EQ(save(create()), APPROX_OK);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_), {}), 1);
  struct stat status;
  ASSERT_EQ(stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
}

TEST_F(GuardFile, WhateverElseLiesThereIsUnreadable) {
  ASSERT_EQ(save(create()), APPROX_OK);
  const std::string good = content();
  for (const std::string& bytes : {std::string(), good.substr(0, 511), good + "x", std::string(512, '\0'),
                                   std::string(512, '\xff'), std::string(100, 'a')}) {
    put(bytes);
    expect_unreadable();
  }
  std::filesystem::remove(path_);
  std::filesystem::create_directory(path_);
  expect_unreadable();
}

// The machine dies while the very first file is written, whatever of it there is: no file, or a whole one.
TEST_F(GuardFile, AHalfWrittenFirstFileIsNotTakenForTheState) {
  std::ofstream(folder_ / "guard.state.new", std::ios::binary) << "APXGUARD";
  Handle guard = create();
  EXPECT_EQ(load(guard), APPROX_OK);
  EXPECT_EQ(save(guard), APPROX_OK);
  EXPECT_EQ(load(guard), APPROX_OK);
}

TEST_F(GuardFile, KeepsTheAlarmThatAnUnreadableFileGave) {
  put("broken");
  Handle guard = create();
  EXPECT_EQ(load(guard), APPROX_INVALID_ARGUMENT);
  EXPECT_EQ(save(guard), APPROX_OK);
  Handle other = create();
  EXPECT_EQ(load(other), APPROX_OK);
  EXPECT_EQ(status_of(other).alarm, APPROX_ALARM_UNREADABLE);
}

TEST_F(GuardFile, SaysWhenTheDiskRefuses) {
  Handle guard = create();
  EXPECT_EQ(approx_guard_save_file(guard.get(), (folder_ / "no" / "such" / "folder").c_str()), APPROX_IO_ERROR);
  EXPECT_EQ(approx_guard_save_file(guard.get(), "/dev/full/guard"), APPROX_IO_ERROR);
  EXPECT_EQ(approx_guard_save_file(guard.get(), std::string(5000, 'a').c_str()), APPROX_IO_ERROR);
  EXPECT_EQ(approx_guard_save_file(guard.get(), nullptr), APPROX_INVALID_ARGUMENT);
}

}  // namespace
