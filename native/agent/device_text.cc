// What dumpsys and the kernel's files say, taken apart.
#include <cmath>
#include <cstdlib>

#include "agent/device.h"

namespace approxlite::agent {
namespace {

// Types of android.hardware.thermal's sensors from here to there tell a battery's volts, amperes and percent.
constexpr double kBclVoltage = 6, kBclPercentage = 8;

// Calls `line(text)` for each line without its end.
template <class Line>
void each_line(std::string_view text, const Line& line) {
  while (!text.empty()) {
    const size_t end = text.find('\n');
    std::string_view one = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (!one.empty() && one.back() == '\r') one.remove_suffix(1);
    line(one);
  }
}

std::string_view trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t");
  return begin == std::string_view::npos ? std::string_view() : text.substr(begin);
}

std::optional<double> number(std::string_view text) {
  const std::string copy(text.substr(0, 64));
  char* end = nullptr;
  const double value = strtod(copy.c_str(), &end);
  if (end == copy.c_str() || !std::isfinite(value)) return std::nullopt;
  return value;
}

// What stands between `before` and the next of `ends`.
std::string_view between(std::string_view text, std::string_view before, std::string_view ends) {
  const size_t begin = text.find(before);
  if (begin == std::string_view::npos) return {};
  text.remove_prefix(begin + before.size());
  return text.substr(0, text.find_first_of(ends));
}

}  // namespace

DeviceState parse_thermal_service(std::string_view text) {
  DeviceState state;
  bool current = false;
  each_line(text, [&](std::string_view line) {
    const std::string_view words = trimmed(line);
    if (words.starts_with("Thermal Status:")) {
      const std::optional<double> status = number(words.substr(15));
      if (status.has_value() && *status >= 0 && *status <= 6) state.thermal_status = static_cast<int>(*status);
    }
    if (!words.empty() && words.back() == ':') current = words.starts_with("Current temperatures");
    if (!current || !words.starts_with("Temperature{")) return;
    const std::string_view name = between(words, "mName=", ",}");
    const std::optional<double> value = number(between(words, "mValue=", ",}"));
    if (name.empty() || !value.has_value() || !is_celsius(*value)) return;
    const double type = number(between(words, "mType=", ",}")).value_or(-1);
    if (type < kBclVoltage || type > kBclPercentage) state.temperature_c[std::string(name)] = *value;
  });
  return state;
}

std::optional<double> parse_battery(std::string_view text, std::string_view name) {
  std::optional<double> found;
  each_line(text, [&](std::string_view line) {
    const std::string_view words = trimmed(line);
    if (found.has_value() || !words.starts_with(name) || words.size() <= name.size() || words[name.size()] != ':')
      return;
    found = number(words.substr(name.size() + 1));
  });
  return found;
}

std::optional<bool> parse_plugged(std::string_view text) {
  std::optional<bool> plugged;
  each_line(text, [&](std::string_view line) {
    const size_t colon = line.find(" powered:");
    if (colon != std::string_view::npos) {
      plugged = plugged.value_or(false) || trimmed(line.substr(colon + 9)).starts_with("true");
    }
  });
  return plugged;
}

std::vector<std::pair<std::string_view, double>> parse_energy_meter(std::string_view text) {
  std::vector<std::pair<std::string_view, double>> rails;
  bool inside = false;
  each_line(text, [&](std::string_view line) {
    const std::string_view words = trimmed(line);
    if (words.starts_with("=")) {
      const auto speaks_of = [&](const char* what) { return words.find(what) != std::string_view::npos; };
      inside = speaks_of("PowerStats HAL") && (speaks_of("energy meter") || speaks_of("rail energy data"));
      return;
    }
    const size_t gap = words.find("  "), unit = words.find(" mWs");
    if (!inside || gap == std::string_view::npos || unit == std::string_view::npos || unit < gap) return;
    const std::optional<double> value = number(trimmed(words.substr(gap, unit - gap)));
    if (gap > 0 && value.has_value()) rails.emplace_back(words.substr(0, gap), *value * 1e3);
  });
  return rails;
}

std::vector<std::pair<std::string_view, double>> parse_rails(std::string_view text) {
  std::vector<std::pair<std::string_view, double>> rails;
  each_line(text, [&](std::string_view line) {
    const std::string_view name = between(line, "[", "]");
    const size_t comma = line.rfind(',');
    if (!line.starts_with("CH") || name.empty() || comma == std::string_view::npos) return;
    const std::optional<double> value = number(line.substr(comma + 1));
    if (value.has_value()) rails.emplace_back(name, *value);
  });
  return rails;
}

}  // namespace approxlite::agent
