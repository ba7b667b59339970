#include "agent/device.h"

#include <dirent.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>

#include "agent/clock.h"
#include "agent/tool.h"

namespace approxlite::agent {
namespace {

// Files of a power supply that carry what was spent, is stored or flows.
constexpr const char* kSupplyFiles[] = {"charge_counter", "current_now", "voltage_now", "power_now", "energy_now"};
constexpr size_t kLongestFile = 4096;
constexpr char kPowerStats[] = "android.hardware.power.stats.IPowerStats/default";

// Folders below `parent` whose name begins with `prefix`, in the order of their numbers: cpu2 before cpu10.
std::vector<std::string> folders(const std::string& parent, const char* prefix) {
  std::vector<std::string> found;
  DIR* const listing = opendir(parent.c_str());
  if (listing == nullptr) return found;
  while (const dirent* entry = readdir(listing)) {
    const std::string name = entry->d_name;
    if (name.starts_with(prefix) && name[0] != '.') found.push_back(parent + "/" + name);
  }
  closedir(listing);
  std::sort(found.begin(), found.end(), [](const std::string& a, const std::string& b) {
    return a.size() != b.size() ? a.size() < b.size() : a < b;
  });
  return found;
}

std::string first_line(const std::string& path) {
  std::string content = read_small_file(path);
  content.erase(std::min(content.find_first_of("\r\n"), content.size()));
  return content;
}

std::optional<double> number_in(const std::string& path) {
  const std::string content = first_line(path);
  char* end = nullptr;
  const double value = strtod(content.c_str(), &end);
  if (end == content.c_str() || !std::isfinite(value)) return std::nullopt;
  return value;
}

// Thermal zones count in thousandths of a degree, those of some vendors in degrees.
std::optional<double> zone_c(const std::string& folder) {
  std::optional<double> value = number_in(folder + "/temp");
  if (value.has_value() && std::abs(*value) > 200) *value /= 1000;
  if (value.has_value() && !is_celsius(*value)) value.reset();
  return value;
}

// Qualcomm's zones beside those of heat: the battery's charge in percent, its volts and amperes, and limits of them.
bool is_of_battery(std::string_view zone) {
  if (zone == "soc" || zone == "socd") return true;
  const auto speaks_of = [&](const char* what) { return zone.find(what) != std::string_view::npos; };
  return speaks_of("vbat") || speaks_of("ibat") || speaks_of("bcl");
}

std::vector<double> megahertz(const std::vector<std::string>& cores, const char* file) {
  std::vector<double> values;
  for (const std::string& core : cores) {
    const std::optional<double> khz = number_in(core + file);
    if (khz.has_value()) values.push_back(*khz / 1000);
  }
  return values;
}

}  // namespace

std::optional<double> DeviceState::hottest_c() const {
  std::optional<double> hottest;
  for (const auto& [name, value] : temperature_c) hottest = std::max(hottest.value_or(value), value);
  return hottest;
}

Device::Device(std::string root, bool tools) : root_(std::move(root)), tools_(tools) {
  zones_ = folders(root_ + "/sys/class/thermal", "thermal_zone");
  for (const std::string& core : folders(root_ + "/sys/devices/system/cpu", "cpu")) {
    const std::string folder = core + "/cpufreq";
    if (core.back() >= '0' && core.back() <= '9' && access(folder.c_str(), R_OK) == 0) cores_.push_back(folder);
  }
  find_supplies();
  find_counters();
  if (tools_) find_tools();
}

// Batteries; the one that is called so, or the first, gives its sources their bare names.
void Device::find_supplies() {
  for (const std::string& folder : folders(root_ + "/sys/class/power_supply", "")) {
    const std::string type = first_line(folder + "/type");
    if (!type.empty()) (type == "Battery" ? supplies_ : chargers_).push_back(folder);
  }
  std::stable_partition(supplies_.begin(), supplies_.end(),
                        [](const std::string& path) { return path.ends_with("/battery"); });
  for (const std::string& folder : supplies_) {
    const std::string prefix = folder == supplies_.front() ? "" : folder.substr(folder.rfind('/') + 1) + "/";
    for (const char* file : kSupplyFiles) add_number(folder + "/" + file, prefix + file);
  }
}

// Energy meters of rails, two of one name told apart by their numbers, and the running counters of desktop processors. Of
// those only whole packages: their cores and graphics lie within them, and the platform (psys) around them.
void Device::find_counters() {
  std::vector<std::string> meters;
  for (const std::string& folder : folders(root_ + "/sys/bus/iio/devices", "iio:device")) {
    std::string name = first_line(folder + "/name");
    if (std::find(meters.begin(), meters.end(), name) != meters.end())
      name += "#" + folder.substr(folder.find_last_not_of("0123456789") + 1);
    meters.push_back(name);
    add_rails(folder + "/energy_value", name + "/");
  }
  for (const std::string& folder : folders(root_ + "/sys/class/powercap", "intel-rapl:")) {
    const std::string name = first_line(folder + "/name");
    const bool top = std::count(folder.begin() + static_cast<std::ptrdiff_t>(root_.size()), folder.end(), ':') == 1;
    if (top && name.starts_with("package")) add_number(folder + "/energy_uj", "powercap/" + name);
  }
}

// What is told by dumpsys and by no file. Each service is asked once here, so as not to ask in vain for each block.
void Device::find_tools() {
  DeviceState files;
  tell_battery_files(&files);
  const DeviceState thermal = parse_thermal_service(ask({"thermalservice"}).value_or(""));
  asks_thermal_ = thermal.thermal_status.has_value() || !thermal.temperature_c.empty();
  const std::string battery = ask({"battery"}).value_or("");
  const bool counter = !has_source("charge_counter") && parse_battery(battery, "Charge counter").has_value();
  const bool volts = !has_source("voltage_now") && parse_battery(battery, "voltage").has_value();
  if (counter) tool_counter_ = add_source("charge_counter");
  if (volts && (counter || has_source("current_now"))) tool_volts_ = add_source("voltage_now");
  asks_battery_ = !battery.empty() && (reads_tools() || files.temperature_c.empty() || !files.charge.has_value());
  if (std::any_of(facilities_.begin(), facilities_.end(), [](const Facility& each) { return each.rails; })) return;
  const std::string meter = ask({kPowerStats, "delta"}).value_or("");
  for (const auto& [name, value] : parse_energy_meter(meter)) {
    const int source = add_source("power_stats/" + std::string(name));
    if (meter_rails_++ == 0) meter_ = source;
  }
}

bool Device::has_source(const char* name) const {
  return std::find(sources_.begin(), sources_.end(), name) != sources_.end();
}

int Device::add_source(std::string name) {
  sources_.push_back(std::move(name));
  return static_cast<int>(sources_.size()) - 1;
}

void Device::add_number(const std::string& path, const std::string& source) {
  if (!number_in(path).has_value()) return;
  facilities_.push_back({open_file(path), add_source(source), 1, false});
}

void Device::add_rails(const std::string& path, const std::string& prefix) {
  const std::string content = read_small_file(path);
  const auto rails = parse_rails(content);
  if (rails.empty()) return;
  facilities_.push_back({open_file(path), static_cast<int>(sources_.size()), static_cast<int>(rails.size()), true});
  for (const auto& [name, value] : rails) add_source(prefix + std::string(name));
}

std::optional<std::string> Device::ask(const std::vector<std::string>& service) const {
  std::vector<std::string> command = {"dumpsys"};
  command.insert(command.end(), service.begin(), service.end());
  return run_tool(command);
}

void Device::tell_battery_files(DeviceState* out) const {
  if (supplies_.empty()) return;
  const std::optional<double> tenths = number_in(supplies_.front() + "/temp");
  if (tenths.has_value() && is_celsius(*tenths / 10)) out->temperature_c.emplace("battery", *tenths / 10);
  const std::optional<double> percent = number_in(supplies_.front() + "/capacity");
  if (percent.has_value() && *percent >= 0 && *percent <= 100) out->charge = *percent / 100;
  for (const std::string& charger : chargers_) {
    const std::optional<double> online = number_in(charger + "/online");
    if (online.has_value()) out->plugged = out->plugged.value_or(false) || *online > 0;
  }
}

Look Device::look() const {
  Look look;
  if (asks_thermal_) look.state = parse_thermal_service(ask({"thermalservice"}).value_or(""));
  DeviceState& state = look.state;
  if (state.temperature_c.empty()) {
    for (const std::string& zone : zones_) {
      const std::optional<double> value = zone_c(zone);
      const std::string name = first_line(zone + "/type");
      if (value.has_value() && !is_of_battery(name))
        state.temperature_c.emplace(name.empty() ? zone.substr(zone.rfind('/') + 1) : name, *value);
    }
  }
  tell_battery_files(&state);
  if (asks_battery_) {
    const std::string told = ask({"battery"}).value_or("");
    append_battery(told, &look.readings);
    const std::optional<double> tenths = parse_battery(told, "temperature");
    if (tenths.has_value() && is_celsius(*tenths / 10)) state.temperature_c.emplace("battery", *tenths / 10);
    const std::optional<double> level = parse_battery(told, "level");
    const double scale = parse_battery(told, "scale").value_or(100);
    if (!state.charge.has_value() && level.has_value() && *level >= 0 && *level <= scale) state.charge = *level / scale;
    if (!state.plugged.has_value()) state.plugged = parse_plugged(told);
  }
  state.frequency_mhz = megahertz(cores_, "/scaling_cur_freq");
  state.frequency_limit_mhz = megahertz(cores_, "/scaling_max_freq");
  look.at_ns = boot_ns();
  return look;
}

void Device::read_files(std::vector<Reading>* out) const {
  char content[kLongestFile];
  // One time for all, so that the desk can add up what several chips have counted; the files are microseconds apart.
  const int64_t at_ns = boot_ns();
  for (const Facility& facility : facilities_) {
    const ssize_t got = pread(facility.file.descriptor(), content, sizeof(content) - 1, 0);
    if (got <= 0) continue;
    content[got] = '\0';
    if (facility.rails) {
      const auto rails = parse_rails(std::string_view(content, static_cast<size_t>(got)));
      // Rails that come and go could not be told apart.
      if (static_cast<int>(rails.size()) != facility.count) continue;
      for (int i = 0; i < facility.count; ++i) {
        out->push_back({at_ns, facility.source + i, rails[static_cast<size_t>(i)].second});
      }
    } else {
      char* end = nullptr;
      const double value = strtod(content, &end);
      if (end != content && std::isfinite(value)) out->push_back({at_ns, facility.source, value});
    }
  }
}

void Device::append_battery(const std::string& told, std::vector<Reading>* out) const {
  const int64_t at_ns = boot_ns();
  const std::pair<int, const char*> values[] = {{tool_counter_, "Charge counter"}, {tool_volts_, "voltage"}};
  for (const auto& [source, name] : values) {
    const std::optional<double> value = source < 0 ? std::nullopt : parse_battery(told, name);
    if (value.has_value()) out->push_back({at_ns, source, *value});
  }
}

void Device::read_tools(std::vector<Reading>* out) const {
  if (meter_ >= 0) {
    const std::string told = ask({kPowerStats, "delta"}).value_or("");
    const int64_t at_ns = boot_ns();
    const auto rails = parse_energy_meter(told);
    // Rails that come and go could not be told apart.
    for (size_t i = 0; i < rails.size() && rails.size() == meter_rails_; ++i) {
      out->push_back({at_ns, meter_ + static_cast<int>(i), rails[i].second});
    }
  }
  if (tool_counter_ >= 0 || tool_volts_ >= 0) append_battery(ask({"battery"}).value_or(""), out);
}

}  // namespace approxlite::agent
