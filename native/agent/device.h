// What a device says about itself: heat, clocks, and what it has spent. Files of the kernel where a shell may read
// them, else Android's dumpsys; what neither gives is left out.
#ifndef APPROXLITE_AGENT_DEVICE_H_
#define APPROXLITE_AGENT_DEVICE_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/file.h"

namespace approxlite::agent {

struct DeviceState {
  // The hottest sensor, or nothing where there is none.
  std::optional<double> hottest_c() const;

  std::map<std::string, double> temperature_c;
  std::optional<int> thermal_status;        // Android's, 0 none .. 6 shutdown
  std::vector<double> frequency_mhz;        // of each core now
  std::vector<double> frequency_limit_mhz;  // what each core may rise to now
  std::optional<double> charge;             // 0 .. 1
  std::optional<bool> plugged;              // whether a charger is connected
};

// A raw number of a facility, in the facility's own unit.
struct Reading {
  int64_t at_ns;  // boot_ns
  int source;     // place in Device::sources
  double value;
};

// All that is asked between two blocks, each tool once.
struct Look {
  int64_t at_ns = 0;  // boot_ns, once all had answered
  DeviceState state;
  std::vector<Reading> readings;  // of facilities that only the same tools tell of
};

class Device {
 public:
  // `root`: where /sys and /proc lie, for tests. `tools`: whether dumpsys is asked.
  explicit Device(std::string root = "", bool tools = true);

  // Takes milliseconds, and tens of them for each tool that is asked: not within a block.
  Look look() const;

  const std::vector<std::string>& sources() const { return sources_; }
  // Appends what the files say, at most `sources().size()` readings; without allocation while `out` has room.
  void read_files(std::vector<Reading>* out) const;
  // Whether some facilities are read by tools, which takes tens of milliseconds and some power.
  bool reads_tools() const { return tool_counter_ >= 0 || tool_volts_ >= 0 || meter_ >= 0; }
  // Appends what only they say, at most `sources().size()` readings.
  void read_tools(std::vector<Reading>* out) const;

 private:
  // A file with one number, or the rails of an energy meter with one number in each line.
  struct Facility {
    File file;
    int source;  // the first of its sources
    int count;
    bool rails;
  };

  void find_supplies();
  void find_counters();
  void find_tools();
  int add_source(std::string name);
  void add_number(const std::string& path, const std::string& source);
  void add_rails(const std::string& path, const std::string& prefix);
  bool has_source(const char* name) const;
  std::optional<std::string> ask(const std::vector<std::string>& service) const;
  void tell_battery_files(DeviceState* out) const;
  void append_battery(const std::string& told, std::vector<Reading>* out) const;

  std::string root_;
  bool tools_;
  bool asks_thermal_ = false;          // there is a thermal service
  bool asks_battery_ = false;          // the battery tells by dumpsys what no file does
  std::vector<std::string> zones_;     // folders of thermal zones
  std::vector<std::string> supplies_;  // folders of batteries
  std::vector<std::string> chargers_;  // folders of other supplies
  std::vector<std::string> cores_;     // folders of cpufreq
  std::vector<std::string> sources_;
  std::vector<Facility> facilities_;
  // Sources that dumpsys has: of the battery, and the first of `meter_rails_` rails; -1 where there is none, or a file.
  int tool_counter_ = -1, tool_volts_ = -1, meter_ = -1;
  size_t meter_rails_ = 0;
};

// Whether a sensor may mean degrees: any other is broken or speaks another unit.
inline bool is_celsius(double value) { return value >= -40 && value <= 150; }

// Of `dumpsys thermalservice`: sensors of heat by name, and the status.
DeviceState parse_thermal_service(std::string_view text);

// The number behind `name:` in `dumpsys battery`.
std::optional<double> parse_battery(std::string_view text, std::string_view name);

// Whether `dumpsys battery` knows of a charger that is connected; nothing where it speaks of none.
std::optional<bool> parse_plugged(std::string_view text);

// Rails of a power meter's energy_value, "CH0(T=1234)[NAME], 5678" each: names and numbers in the file's order.
std::vector<std::pair<std::string_view, double>> parse_rails(std::string_view text);

// The energy meter of `dumpsys android.hardware.power.stats.IPowerStats/default`, "NAME   5678.00 mWs" each: names and
// microwatt-seconds.
std::vector<std::pair<std::string_view, double>> parse_energy_meter(std::string_view text);

}  // namespace approxlite::agent

#endif  // APPROXLITE_AGENT_DEVICE_H_
