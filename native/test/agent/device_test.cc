#include "agent/device.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "agent/clock.h"
#include "agent/tool.h"
#include "test/agent/fake_dumpsys.h"
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

// Of a Pixel with Tensor, shortened: milliamperes, millivolts and percent stand among the degrees.
constexpr char kBatteryLimits[] = R"(Current temperatures from HAL:
	Temperature{mValue=61.000004, mType=0, mName=BIG, mStatus=0}
	Temperature{mValue=37.0, mType=9, mName=TPU, mStatus=0}
	Temperature{mValue=19.0, mType=8, mName=soc, mStatus=0}
	Temperature{mValue=4.285, mType=6, mName=vbat, mStatus=0}
	Temperature{mValue=1050.0, mType=6, mName=vdroop1, mStatus=0}
	Temperature{mValue=11900.0, mType=7, mName=ocp_cpu2, mStatus=0}
	Temperature{mValue=22.279001, mType=-1, mName=qi_therm, mStatus=0}
	Temperature{mValue=-273.0, mType=3, mName=VIRTUAL-SKIN, mStatus=0}
)";

TEST(DeviceText, OnlyWhatTellsDegreesIsATemperature) {
  const DeviceState state = parse_thermal_service(kBatteryLimits);
  EXPECT_EQ(state.temperature_c,
            (std::map<std::string, double>{{"BIG", 61.000004}, {"TPU", 37}, {"qi_therm", 22.279001}}));
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

TEST(DeviceText, AnEnergyMeterHasItsChannelsAndNoConsumers) {
  const char text[] = R"(
============= PowerStats HAL 2.0 energy meter ==============
Elapsed time: 10021 ms
                           Channel    Cumulative Energy (      Delta   )
          [S4M_VDD_CPUCL0]:CPU(LITTLE)       123456.78 mWs (        12.00)
                       Display  Panel        rubbish mWs
========== End of PowerStats HAL 2.0 energy meter ==========
============= PowerStats HAL 2.0 energy consumers ==============
TPU          :           1.00 mWs
)";
  const auto rails = parse_energy_meter(text);
  ASSERT_EQ(rails.size(), 1u);
  EXPECT_EQ(rails[0].first, "[S4M_VDD_CPUCL0]:CPU(LITTLE)");
  EXPECT_DOUBLE_EQ(rails[0].second, 123456780);
  EXPECT_TRUE(parse_energy_meter("Can't find service: it\n").empty());
}

TEST(DeviceText, ADeviceIsPluggedWhereAnyChargerIs) {
  EXPECT_EQ(parse_plugged("  AC powered: false\n  USB powered: true\n"), true);
  EXPECT_EQ(parse_plugged("  AC powered: false\r\n  USB powered: false\r\n"), false);
  EXPECT_FALSE(parse_plugged("  level: 64\n").has_value());
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
  root->write("sys/class/power_supply/usb/online", "1\n");
  root->write("sys/class/power_supply/wireless/type", "Wireless\n");
  root->write("sys/class/power_supply/wireless/online", "0\n");
  root->write("sys/class/power_supply/battery/capacity", "64\n");
  root->write("sys/class/power_supply/battery/temp", "287\n");
  root->write("sys/class/power_supply/battery/charge_counter", "3000000\n");
  root->write("sys/class/power_supply/battery/current_now", "-412000\n");
  root->write("sys/bus/iio/devices/iio:device1/name", "s2mpg14-odpm\n");
  root->write("sys/bus/iio/devices/iio:device1/energy_value", kRails);
  root->write("sys/bus/iio/devices/iio:device3/name", "s2mpg14-odpm\n");
  root->write("sys/bus/iio/devices/iio:device3/energy_value", "CH0(T=1)[S4M_VDD_TPU], 7\n");
  root->write("sys/class/powercap/intel-rapl:0/name", "package-0\n");
  root->write("sys/class/powercap/intel-rapl:0/energy_uj", "5000\n");
  root->write("sys/class/powercap/intel-rapl:0:0/name", "core\n");
  root->write("sys/class/powercap/intel-rapl:0:0/energy_uj", "3000\n");
  root->write("sys/class/powercap/intel-rapl:1/name", "package-1\n");
  root->write("sys/class/powercap/intel-rapl:1/energy_uj", "6000\n");
  root->write("sys/class/powercap/intel-rapl:1:0/name", "core\n");
  root->write("sys/class/powercap/intel-rapl:1:0/energy_uj", "4000\n");
  root->write("sys/class/powercap/intel-rapl:2/name", "psys\n");
  root->write("sys/class/powercap/intel-rapl:2/energy_uj", "9000\n");
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
  const DeviceState state = device.look().state;
  EXPECT_EQ(state.temperature_c,
            (std::map<std::string, double>{{"skin", 31.2}, {"thermal_zone10", 44}, {"battery", 28.7}}));
  EXPECT_EQ(state.charge, 0.64);
  EXPECT_EQ(state.plugged, true);
  EXPECT_EQ(state.frequency_mhz, (std::vector<double>{1803, 1803}));
  EXPECT_EQ(state.frequency_limit_mhz, (std::vector<double>{2348, 2348}));
  EXPECT_FALSE(state.thermal_status.has_value());
  EXPECT_EQ(state.hottest_c(), 44);
}

TEST(Device, ZonesThatTellOfTheBatterysLimitsAreNoTemperatures) {
  const Scratch root;
  const std::pair<const char*, const char*> zones[] = {{"soc", "88"},        {"socd", "100"},
                                                       {"vbat_low", "4100"}, {"pm8150b-ibat-lvl0", "97000"},
                                                       {"cold", "-41000"},   {"cpu-0-0-usr", "45200"}};
  for (size_t i = 0; i < std::size(zones); ++i) {
    const std::string folder = "sys/class/thermal/thermal_zone" + std::to_string(i);
    root.write(folder + "/type", zones[i].first);
    root.write(folder + "/temp", zones[i].second);
  }
  EXPECT_EQ(Device(root.path(), false).look().state.temperature_c,
            (std::map<std::string, double>{{"cpu-0-0-usr", 45.2}}));
}

TEST(Device, ReadingsAreRawEachHasItsSourceAndNoneIsPartOfAnother) {
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
                                                  {"s2mpg14-odpm#3/S4M_VDD_TPU", 7},
                                                  {"powercap/package-0", 5000},
                                                  {"powercap/package-1", 6000}}));
}

TEST(Device, FilesThatAreReadTogetherHaveOneTimeSoThatChipsCanBeAddedUp) {
  const std::unique_ptr<Scratch> root(phone());
  std::vector<Reading> readings;
  Device(root->path(), false).read_files(&readings);
  ASSERT_GT(readings.size(), 2U);
  for (const Reading& reading : readings) EXPECT_EQ(reading.at_ns, readings.front().at_ns);
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
  EXPECT_TRUE(device.look().state.temperature_c.empty());
  EXPECT_FALSE(device.look().state.hottest_c().has_value());
}

TEST(Device, WhereNoFileTellsToolsDoAndEachIsAskedOnceALook) {
  const Scratch root;
  const FakeDumpsys dumpsys(root);
  const Device device(root.path("root"));
  EXPECT_EQ(device.sources(),
            (std::vector<std::string>{"charge_counter", "voltage_now", "power_stats/CPU", "power_stats/DDR"}));
  dumpsys.forget();
  const Look look = device.look();
  EXPECT_EQ(dumpsys.asked(), "thermalservice\nbattery\n");
  EXPECT_EQ(look.state.temperature_c, (std::map<std::string, double>{{"skin", 31.2}, {"battery", 28.7}}));
  EXPECT_EQ(look.state.thermal_status, 0);
  EXPECT_EQ(look.state.charge, 0.91);
  EXPECT_EQ(look.state.plugged, false);
  ASSERT_EQ(look.readings.size(), 2u);
  EXPECT_EQ(look.readings[0].value, 3e6);
  EXPECT_EQ(look.readings[1].value, 3981);
  std::vector<Reading> readings;
  device.read_tools(&readings);
  ASSERT_EQ(readings.size(), 4u);
  EXPECT_EQ(device.sources()[static_cast<size_t>(readings[1].source)], "power_stats/DDR");
  EXPECT_DOUBLE_EQ(readings[1].value, 2500);
}

TEST(Device, ServicesThatAreNotThereAreNotAskedAgain) {
  const Scratch root;
  const FakeDumpsys dumpsys(root, "exit 0");
  const Device device(root.path("root"));
  EXPECT_TRUE(device.sources().empty());
  EXPECT_FALSE(device.reads_tools());
  dumpsys.forget();
  device.look();
  EXPECT_EQ(dumpsys.asked(), "");
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
