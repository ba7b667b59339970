#include "agent/device.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "agent/clock.h"
#include "agent/tool.h"
#include "test/agent/scratch.h"

namespace approxlite::agent {
namespace {

// Of a Pixel 8 with Android 14, shortened.
constexpr char kThermalService[] = R"(IsStatusOverride: false
Thermal Status: 1
Cached temperatures:
	Temperature{mValue=90.0, mType=3, mName=VIRTUAL-SKIN, mStatus=0}
HAL Ready: true
Current temperatures from HAL:
	Temperature{mValue=31.2, mType=3, mName=VIRTUAL-SKIN, mStatus=0}
	Temperature{mValue=NaN, mType=0, mName=BIG, mStatus=0}
	Temperature{mValue=41.5, mType=0, mName=LITTLE, mStatus=0}
Current cooling devices from HAL:
	CoolingDevice{mValue=0, mType=2, mName=thermal-cpufreq-0}
)";

constexpr char kRails[] = "t=473365\nCH0(T=473365)[VSYS_PWR_MODEM], 1374\nCH1(T=473365)[S4M_VDD_TPU], 98\nrubbish\n";

TEST(DeviceText, CurrentTemperaturesAreReadAndOldOnesAreNot) {
  const DeviceState state = parse_thermal_service(kThermalService);
  EXPECT_EQ(state.thermal_status, 1);
  EXPECT_EQ(state.temperature_c, (std::map<std::string, double>{{"VIRTUAL-SKIN", 31.2}, {"LITTLE", 41.5}}));
  EXPECT_FALSE(parse_thermal_service("Can't find service: thermalservice").thermal_status.has_value());
}

TEST(DeviceText, BatteryValuesAreFoundByTheirWholeName) {
  const char text[] =
      "Current Battery Service state:\r\n  Max charging current: 5\r\n  Charge counter: 3000000\r\n  temperature: "
      "287\r\n";
  EXPECT_EQ(parse_battery(text, "Charge counter"), 3e6);
  EXPECT_EQ(parse_battery(text, "temperature"), 287);
  EXPECT_FALSE(parse_battery(text, "Charge").has_value());
  EXPECT_FALSE(parse_battery(text, "voltage").has_value());
}

TEST(DeviceText, RailsAreReadInTheirOrder) {
  const auto rails = parse_rails(kRails);
  ASSERT_EQ(rails.size(), 2u);
  EXPECT_EQ(rails[0], (std::pair<std::string_view, double>("VSYS_PWR_MODEM", 1374)));
  EXPECT_EQ(rails[1], (std::pair<std::string_view, double>("S4M_VDD_TPU", 98)));
}

Scratch* phone() {
  Scratch* root = new Scratch;
  root->write("sys/class/thermal/thermal_zone0/type", "skin\n");
  root->write("sys/class/thermal/thermal_zone0/temp", "31200\n");
  root->write("sys/class/thermal/thermal_zone10/temp", "44\n");
  root->write("sys/class/thermal/thermal_zone2/temp", "999999999\n");
  root->write("sys/class/thermal/cooling_device0/temp", "1\n");
  root->write("sys/class/power_supply/usb/type", "USB\n");
  root->write("sys/class/power_supply/usb/current_now", "9\n");
  root->write("sys/class/power_supply/bms/type", "Battery\n");
  root->write("sys/class/power_supply/bms/charge_counter", "7\n");
  root->write("sys/class/power_supply/battery/type", "Battery\n");
  root->write("sys/class/power_supply/battery/temp", "287\n");
  root->write("sys/class/power_supply/battery/charge_counter", "3000000\n");
  root->write("sys/class/power_supply/battery/current_now", "-412000\n");
  root->write("sys/bus/iio/devices/iio:device1/name", "s2mpg14-odpm\n");
  root->write("sys/bus/iio/devices/iio:device1/energy_value", kRails);
  root->write("sys/class/powercap/intel-rapl:0/name", "package-0\n");
  root->write("sys/class/powercap/intel-rapl:0/energy_uj", "5000\n");
  for (const char* core : {"cpu0", "cpu1"}) {
    root->write(std::string("sys/devices/system/cpu/") + core + "/cpufreq/scaling_cur_freq", "1803000\n");
    root->write(std::string("sys/devices/system/cpu/") + core + "/cpufreq/scaling_max_freq", "2348000\n");
  }
  root->write("sys/devices/system/cpu/cpuidle/cpufreq/scaling_cur_freq", "1\n");
  return root;
}

TEST(Device, StateIsReadFromTheKernelsFiles) {
  const std::unique_ptr<Scratch> root(phone());
  const Device device(root->path(), false);
  const DeviceState state = device.state();
  EXPECT_EQ(state.temperature_c,
            (std::map<std::string, double>{{"skin", 31.2}, {"thermal_zone10", 44}, {"battery", 28.7}}));
  EXPECT_EQ(state.frequency_mhz, (std::vector<double>{1803, 1803}));
  EXPECT_EQ(state.frequency_limit_mhz, (std::vector<double>{2348, 2348}));
  EXPECT_FALSE(state.thermal_status.has_value());
  EXPECT_EQ(device.hottest_c(), 44);
}

TEST(Device, ReadingsAreRawAndEachHasItsSource) {
  const std::unique_ptr<Scratch> root(phone());
  const Device device(root->path(), false);
  std::vector<Reading> readings;
  const int64_t before = boot_ns();
  device.read_files(&readings);
  device.read_tools(&readings);
  std::map<std::string, double> found;
  for (const Reading& reading : readings) {
    EXPECT_TRUE(reading.at_ns >= before && reading.at_ns <= boot_ns());
    found[device.sources()[static_cast<size_t>(reading.source)]] = reading.value;
  }
  EXPECT_EQ(found, (std::map<std::string, double>{{"charge_counter", 3e6},
                                                  {"current_now", -412000},
                                                  {"bms/charge_counter", 7},
                                                  {"s2mpg14-odpm/VSYS_PWR_MODEM", 1374},
                                                  {"s2mpg14-odpm/S4M_VDD_TPU", 98},
                                                  {"powercap/package-0", 5000}}));
}

TEST(Device, ReadsAgainWhatChanged) {
  const std::unique_ptr<Scratch> root(phone());
  const Device device(root->path(), false);
  root->write("sys/class/power_supply/battery/charge_counter", "2999000\n");
  std::vector<Reading> readings;
  device.read_files(&readings);
  EXPECT_TRUE(std::any_of(readings.begin(), readings.end(), [](const Reading& each) { return each.value == 2999000; }));
}

TEST(Device, WhatHasNoFacilitiesSaysNothing) {
  const Scratch root;
  const Device device(root.path(), false);
  EXPECT_TRUE(device.sources().empty());
  EXPECT_TRUE(device.state().temperature_c.empty());
  EXPECT_FALSE(device.hottest_c().has_value());
}

TEST(Tool, OutputIsThatOfAToolThatEndsWell) {
  EXPECT_EQ(run_tool({"echo", "a b"}), "a b\n");
  EXPECT_FALSE(run_tool({"false"}).has_value());
  EXPECT_FALSE(run_tool({"approx-no-such-tool"}).has_value());
}

TEST(Tool, WhatHangsOrNeverEndsIsKilledWithItsChildren) {
  const int64_t begin = boot_ns();
  EXPECT_FALSE(run_tool({"sh", "-c", "sleep 30 & sleep 30"}, 0.2).has_value());
  EXPECT_FALSE(run_tool({"cat", "/dev/zero"}).has_value());
  EXPECT_LT(boot_ns() - begin, 10 * kSecond);
}

}  // namespace
}  // namespace approxlite::agent
