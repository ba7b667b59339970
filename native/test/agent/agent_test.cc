// The agent's loop, with a model that only counts.
#include "agent/agent.h"

#include <gtest/gtest.h>

#include <unistd.h>

#include <functional>
#include <thread>

#include "agent/clock.h"
#include "test/agent/fake_dumpsys.h"
#include "test/agent/scratch.h"

namespace approxlite::agent {
namespace {

class FakeRunner : public Runner {
 public:
  bool invoke() override {
    ++invoked;
    if (on_invoke) on_invoke();
    return works;
  }
  void time_operators(bool on) override { timing = on; }
  const std::vector<std::string>& operator_ids() const override { return ids; }
  void operator_times(int64_t* out) const override { out[0] = timing ? invoked : -1; }
  std::string output_sha256() const override { return "hash"; }

  int invoked = 0;
  bool works = true, timing = false;
  std::vector<std::string> ids = {"conv_2d_0"};
  std::function<void()> on_invoke;
};

class FakeRunners : public Runners {
 public:
  Runner* prepare(const std::vector<Block>& blocks, size_t place, std::string* error) override {
    prepared.push_back(blocks[place].number);
    if (blocks[place].configuration != "bad") return &runner;
    *error = "unknown knob";
    return nullptr;
  }
  FakeRunner runner;
  std::vector<int64_t> prepared;
};

class AgentTest : public ::testing::Test {
 protected:
  AgentTest() : folder_(scratch_.path()) {}

  ExitStatus run() {
    RowsFile rows;
    EXPECT_TRUE(rows.open(scratch_.path("rows.jsonl"), &error_)) << error_;
    return Agent(folder_, Device(scratch_.path("root"), tools_), &rows, &runners_, 1, &interrupted_).run(&error_);
  }
  void plan(const std::string& lines) { scratch_.write("plan.jsonl", lines); }
  std::string rows() { return scratch_.read("rows.jsonl"); }
  size_t count(const std::string& what) {
    const std::string all = rows();
    size_t found = 0;
    for (size_t at = all.find(what); at != std::string::npos; at = all.find(what, at + 1)) ++found;
    return found;
  }
  static std::string block(int number, const std::string& more = "") {
    return R"({"block": )" + std::to_string(number) + R"(, "subject": "approxlite", "inferences": 3)" + more + "}\n";
  }

  Scratch scratch_;
  Folder folder_;
  FakeRunners runners_;
  volatile sig_atomic_t interrupted_ = 0;
  bool tools_ = false;
  std::string error_;
};

TEST_F(AgentTest, MeasuresEveryBlockInItsOrderAndThenEnds) {
  plan(block(5, R"(, "uncounted": 2)") + block(1) + block(3));
  EXPECT_EQ(run(), kDone);
  EXPECT_EQ(runners_.prepared, (std::vector<int64_t>{5, 1, 3}));
  EXPECT_EQ(runners_.runner.invoked, 3 * 3 + 2);
  EXPECT_EQ(count(R"("kind":"block")"), 3u);
  EXPECT_EQ(count(R"("inferences":3,"latency_ns":{"total":)"), 3u);
  EXPECT_EQ(count(R"("output_sha256":"hash")"), 3u);
  EXPECT_EQ(count(R"("ended":"done"})"), 3u);
  EXPECT_EQ(count(R"({"kind":"end","why":"done")"), 1u);
}

TEST_F(AgentTest, ABlockThatHasARowIsNotMeasuredAgain) {
  plan(block(1) + block(2));
  scratch_.write("rows.jsonl", "{\"kind\":\"block\",\"block\":1}\n{\"kind\":\"blo");
  EXPECT_EQ(run(), kDone);
  EXPECT_EQ(runners_.prepared, (std::vector<int64_t>{2}));
  EXPECT_EQ(count(R"("kind":"block","block":1)"), 1u);
}

TEST_F(AgentTest, APlanThatGrewMeanwhileIsMeasuredToItsEnd) {
  plan(block(1));
  runners_.runner.on_invoke = [&] { plan(block(1) + block(2)); };
  EXPECT_EQ(run(), kDone);
  EXPECT_EQ(runners_.prepared, (std::vector<int64_t>{1, 2}));
}

TEST_F(AgentTest, EndsAfterTheBlockUnderWayWhenTheDeskAsksToStop) {
  plan(block(1) + block(2));
  runners_.runner.on_invoke = [&] { scratch_.write("stop", ""); };
  EXPECT_EQ(run(), kDone);
  EXPECT_EQ(count(R"("kind":"block")"), 1u);
  EXPECT_EQ(count(R"({"kind":"end","why":"stop")"), 1u);
}

TEST_F(AgentTest, ASignalLeavesNoRowOfTheBlockUnderWay) {
  plan(block(1) + block(2));
  runners_.runner.on_invoke = [&] { interrupted_ = runners_.runner.invoked > 4 ? 1 : 0; };
  EXPECT_EQ(run(), kDone);
  EXPECT_EQ(count(R"("kind":"block")"), 1u);
  EXPECT_EQ(count(R"({"kind":"end","why":"signal")"), 1u);
}

TEST_F(AgentTest, ASignalBeforeTheFirstBlockEndsItWell) {
  plan(block(1));
  interrupted_ = 1;
  EXPECT_EQ(run(), kDone);
  EXPECT_EQ(count(R"("kind":"block")"), 0u);
  EXPECT_EQ(count(R"({"kind":"end","why":"signal")"), 1u);
}

TEST_F(AgentTest, WhatCannotBeMeasuredIsNamedAndWhatWasBeforeItIsKept) {
  plan(block(1) + block(2, R"(, "configuration": "bad")"));
  EXPECT_EQ(run(), kUnusable);
  EXPECT_EQ(error_, "block 2: unknown knob");
  EXPECT_EQ(count(R"("kind":"block")"), 1u);
  EXPECT_EQ(count(R"({"kind":"end","why":"block 2: unknown knob")"), 1u);
  runners_.runner.works = false;
  plan(block(7));
  EXPECT_EQ(run(), kCannotRun);
  EXPECT_EQ(error_, "block 7: the runtime fails to run the model");
}

TEST_F(AgentTest, APlanThatIsNeverWholeIsMeasuredAsFarAsItGoes) {
  plan(block(1) + block(2).substr(0, 20));
  EXPECT_EQ(run(), kUnusable);
  EXPECT_EQ(error_, "plan.jsonl, line 2: cut off");
  EXPECT_EQ(count(R"("kind":"block")"), 1u);
}

TEST_F(AgentTest, ABlockThatTakesTooLongIsEndedAndMarked) {
  plan(R"({"block": 1, "subject": "stock", "inferences": 1000, "gap_ms": 10, "longest_s": 0.1})"
       "\n"
       R"({"block": 2, "subject": "idle", "seconds": 30, "longest_s": 0.05})"
       "\n");
  const int64_t begin = boot_ns();
  EXPECT_EQ(run(), kDone);
  EXPECT_LT(boot_ns() - begin, 5 * kSecond);
  EXPECT_LT(runners_.runner.invoked, 3 * 20);
  EXPECT_EQ(count(R"("ended":"longest")"), 2u);
}

TEST_F(AgentTest, ABlockInWhichTheDeviceSleptIsMeasuredAgain) {
  plan(block(1, R"(, "uncounted": 1, "operators": true, "longest_s": 0.2)"));
  runners_.runner.on_invoke = [&] {
    if (runners_.runner.invoked == 1) sleep_until(boot_ns() + kSecond / 4);
  };
  EXPECT_EQ(run(), kDone);
  EXPECT_EQ(count(R"("kind":"block")"), 1u);
  EXPECT_EQ(count(R"("inferences":3,)"), 1u);
  EXPECT_EQ(count(R"("ended":"done"})"), 1u);
}

TEST_F(AgentTest, RunsForTheSecondsWhenTheyAreMore) {
  plan(R"({"block": 1, "subject": "stock", "inferences": 1, "seconds": 0.05, "gap_ms": 1})"
       "\n");
  EXPECT_EQ(run(), kDone);
  EXPECT_GT(runners_.runner.invoked, 5);
}

TEST_F(AgentTest, OperatorsAreTimedInFurtherRuns) {
  plan(block(1, R"(, "operators": true)"));
  EXPECT_EQ(run(), kDone);
  EXPECT_EQ(runners_.runner.invoked, 6);
  EXPECT_EQ(count(R"("inferences":3)"), 1u);
  EXPECT_EQ(count(R"("operator_ns":{"conv_2d_0":5})"), 1u) << "the median of runs 4, 5 and 6";
}

TEST_F(AgentTest, ToolsAreAskedOnceForEachBlockAndOnceBeforeTheFirst) {
  tools_ = true;
  const FakeDumpsys dumpsys(scratch_);
  plan(block(1) + block(2, R"(, "hottest_c": 50)") + block(3));
  EXPECT_EQ(run(), kDone);
  const std::string once = "thermalservice\nbattery\n", power = "android.hardware.power.stats.IPowerStats/default\n";
  EXPECT_EQ(dumpsys.asked(), once + power + once + once + once + once) << "the first to see what there is to ask";
  EXPECT_EQ(count(R"("source":"charge_counter","value":3000000.0})"), 6u);
  EXPECT_EQ(count(R"("charge":0.91,"plugged":false)"), 6u);
}

TEST_F(AgentTest, ToolsAreAskedForPowerWithinABlockThatWantsReadings) {
  tools_ = true;
  const FakeDumpsys dumpsys(scratch_);
  plan(R"({"block": 1, "subject": "idle", "seconds": 2.5, "readings_ms": 200})"
       "\n");
  EXPECT_EQ(run(), kDone);
  // At its begin and then every second.
  EXPECT_EQ(count(R"("source":"power_stats/CPU","value":1500.0})"), 3u);
  EXPECT_EQ(count(R"("source":"voltage_now","value":3981.0})"), 2u + 3u);
}

TEST_F(AgentTest, PowerIsReadAtBothEndsAndWithin) {
  scratch_.write("root/sys/class/power_supply/battery/type", "Battery\n");
  scratch_.write("root/sys/class/power_supply/battery/current_now", "-412000\n");
  plan(R"({"block": 1, "subject": "idle", "seconds": 0.1})"
       "\n"
       R"({"block": 2, "subject": "idle", "seconds": 0.2, "readings_ms": 20})"
       "\n");
  EXPECT_EQ(run(), kDone);
  const size_t second = rows().find(R"("block":2)");
  const std::string reading = R"("source":"current_now","value":-412000.0})";
  size_t first_count = 0;
  for (size_t at = rows().find(reading); at < second; at = rows().find(reading, at + 1)) ++first_count;
  EXPECT_EQ(first_count, 2u);
  EXPECT_GE(count(reading), 2u + 2u + 5u);
  EXPECT_LE(count(reading), 2u + 2u + 10u);
}

TEST_F(AgentTest, WaitsUntilEverySensorIsBelow) {
  scratch_.write("root/sys/class/thermal/thermal_zone0/temp", "39000\n");
  scratch_.write("stop", "");
  plan(block(1, R"(, "hottest_c": 38)"));
  EXPECT_EQ(run(), kDone);
  EXPECT_EQ(count(R"("kind":"block")"), 0u) << "asked to stop before anything";
  std::filesystem::remove(scratch_.path("stop"));
  plan(block(1) + block(2, R"(, "hottest_c": 38)"));
  runners_.runner.on_invoke = [&] { scratch_.write("root/sys/class/thermal/thermal_zone0/temp", "37000\n"); };
  EXPECT_EQ(run(), kDone);
  EXPECT_EQ(count(R"("before":{"temperature_c":{"thermal_zone0":39.0}})"), 1u);
  EXPECT_EQ(count(R"("before":{"temperature_c":{"thermal_zone0":37.0}})"), 1u);
}

TEST_F(AgentTest, TellsHowLongItWaitedForTheDeviceToCool) {
  scratch_.write("root/sys/class/thermal/thermal_zone0/temp", "39000\n");
  plan(block(1, R"(, "hottest_c": 38)"));
  std::thread cooling([&] {
    usleep(50'000);
    scratch_.write("root/sys/class/thermal/thermal_zone0/temp", "37000\n");
  });
  EXPECT_EQ(run(), kDone);
  cooling.join();
  const size_t at = rows().find("\"waited_s\":");
  ASSERT_NE(at, std::string::npos);
  EXPECT_GE(std::stod(rows().substr(at + 11)), 0.05);
}

TEST_F(AgentTest, ALowerFrequencyLimitMarksTheBlock) {
  const char* limit = "root/sys/devices/system/cpu/cpu0/cpufreq/scaling_max_freq";
  scratch_.write(limit, "2000000\n");
  plan(block(1) + block(2));
  runners_.runner.on_invoke = [&] { scratch_.write(limit, runners_.runner.invoked < 5 ? "2000000\n" : "1500000\n"); };
  EXPECT_EQ(run(), kDone);
  EXPECT_EQ(count(R"("ended":"throttled")"), 1u);
}

TEST_F(AgentTest, OnlyOneAgentMeasuresInAFolder) {
  std::string error;
  {
    Folder first(scratch_.path()), second(scratch_.path());
    EXPECT_EQ(first.lock(&error), kDone);
    EXPECT_EQ(scratch_.read("lock"), std::to_string(getpid()) + "\n");
    EXPECT_EQ(second.lock(&error), kRunning);
    EXPECT_NE(error.find("another agent measures in this folder"), std::string::npos);
    EXPECT_EQ(scratch_.read("lock"), std::to_string(getpid()) + "\n");
  }
  EXPECT_EQ(scratch_.read("lock"), "");
  Folder third(scratch_.path());
  EXPECT_EQ(third.lock(&error), kDone);
  EXPECT_EQ(Folder(scratch_.path("none")).lock(&error), kUnusable);
}

}  // namespace
}  // namespace approxlite::agent
