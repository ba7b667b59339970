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
  std::map<std::string, double> temperature_c;
  std::optional<int> thermal_status;          // Android's, 0 none .. 6 shutdown
  std::vector<double> frequency_mhz;          // of each core now
  std::vector<double> frequency_limit_mhz;    // what each core may rise to now
};

// A raw number of a facility, in the facility's own unit.
struct Reading {
  int64_t at_ns;  // boot_ns
  int source;     // place in Device::sources
  double value;
};

class Device {
 public:
  // `root`: where /sys and /proc lie, for tests. `tools`: whether dumpsys is asked.
  explicit Device(std::string root = "", bool tools = true);

  // Takes milliseconds, and tens of them where dumpsys is asked: not within a block.
  DeviceState state() const;
  // The hottest sensor, or nothing where there is none.
  std::optional<double> hottest_c() const;

  const std::vector<std::string>& sources() const { return sources_; }
  // Whether facilities can be read from files, which is cheap.
  bool reads_files() const { return !facilities_.empty(); }
  // Appends what the files say, at most `sources().size()` readings; without allocation while `out` has room.
  void read_files(std::vector<Reading>* out) const;
  // Appends what only dumpsys says. Slow.
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
  void add_number(const std::string& path, const std::string& source);
  void add_rails(const std::string& path, const std::string& prefix);
  std::optional<std::string> dumpsys(const char* service) const;

  std::string root_;
  bool tools_;
  std::vector<std::string> zones_;     // folders of thermal zones
  std::vector<std::string> supplies_;  // folders of batteries
  std::vector<std::string> cores_;     // folders of cpufreq
  std::vector<std::string> sources_;
  std::vector<Facility> facilities_;
  int tool_counter_ = -1;  // source of dumpsys battery's charge counter, -1 where a file has it
};

// Of `dumpsys thermalservice`: sensors of the hardware by name, and the status.
DeviceState parse_thermal_service(std::string_view text);

// The number behind `name:` in `dumpsys battery`.
std::optional<double> parse_battery(std::string_view text, std::string_view name);

// Rails of a power meter's energy_value, "CH0(T=1234)[NAME], 5678" each: names and numbers in the file's order.
std::vector<std::pair<std::string_view, double>> parse_rails(std::string_view text);

}  // namespace approxlite::agent

#endif  // APPROXLITE_AGENT_DEVICE_H_
