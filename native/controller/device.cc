#include "controller/device.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <numbers>

namespace approxlite {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kNormal99 = 2.3263478740408408;  // 99 % of normal numbers lie below
constexpr double kDegreesOfHeadroom = 30.0;       // DEGREES_BETWEEN_ZERO_AND_ONE of Android's ThermalManagerService

bool within(float value, float low, float high) { return value >= low && value <= high; }  // false for NaN
bool at_least(float value, float low) { return std::isfinite(value) && value >= low; }
bool above_zero(float value) { return std::isfinite(value) && value > 0.0f; }

bool valid_throttle(const approx_device_model& model) {
  if (model.throttle == nullptr) return true;
  if (model.throttle_count < 1 || model.throttle_count > APPROX_MAX_THROTTLE_POINTS) return false;
  for (size_t i = 0; i < model.throttle_count; ++i) {
    const approx_throttle_point& point = model.throttle[i];
    if (!std::isfinite(point.temperature_c) || !within(point.speed, 0.0f, 1.0f) || point.speed == 0.0f) return false;
    if (i > 0 && point.temperature_c <= model.throttle[i - 1].temperature_c) return false;
  }
  return true;
}

bool valid_loads(const approx_device_model& model) {
  if (model.loads == nullptr) return true;
  if (model.load_count < 1 || model.load_count > APPROX_MAX_LOADS) return false;
  for (size_t i = 0; i < model.load_count; ++i) {
    const approx_load& load = model.loads[i];
    if (!std::isfinite(load.time_s) || !at_least(load.power_w, 0.0f) || !at_least(load.slow_down, 1.0f)) return false;
    if (i > 0 && load.time_s <= model.loads[i - 1].time_s) return false;
  }
  return true;
}

bool valid_heat(const approx_device_model& model) {
  if (!std::isfinite(model.start_c) || !std::isfinite(model.severe_c)) return false;
  if (!std::isnan(model.headroom_period_s) &&
      !(above_zero(model.headroom_period_s) && at_least(model.headroom_forecast_s, 0.0f))) {
    return false;
  }
  if (std::isnan(model.heat_capacity_j_per_k)) return true;
  return above_zero(model.heat_capacity_j_per_k) && above_zero(model.resistance_k_per_w) &&
         std::isfinite(model.ambient_c);
}

bool valid_battery(const approx_device_model& model) {
  if (std::isnan(model.battery_capacity_j)) return true;
  return above_zero(model.battery_capacity_j) && within(model.battery_charge, 0.0f, 1.0f) &&
         within(model.battery_step, 0.0f, 1.0f);
}

}  // namespace

bool Device::valid(const approx_device_model& model) {
  return at_least(model.period_ms, 0.0f) && at_least(model.idle_w, 0.0f) && within(model.power_exponent, 1.0f, 3.0f) &&
         valid_battery(model) && valid_heat(model) && valid_throttle(model) && valid_loads(model);
}

Device::Device(const approx_device_model& model, uint64_t seed)
    : model_(model), random_(seed), temperature_c_(model.start_c), asked_s_(kNaN), asked_c_(kNaN) {
  assert(valid(model));
  if (model.throttle != nullptr) std::copy_n(model.throttle, model.throttle_count, throttle_.begin());
  loads_[0] = {-std::numeric_limits<double>::infinity(), 0.0f, 1.0f};
  load_count_ = 1;
  if (model.loads != nullptr) {
    std::copy_n(model.loads, model.load_count, loads_.begin() + 1);
    load_count_ += model.load_count;
  }
  while (load_ + 1 < load_count_ && loads_[load_ + 1].time_s <= 0.0) ++load_;
}

bool Device::begin_input() {
  if (battery() <= 0.0) return false;
  if (time_s_ < due_s_) {
    pass(due_s_ - time_s_, 0.0);
    time_s_ = due_s_;
  }
  due_s_ = time_s_ + static_cast<double>(model_.period_ms) / 1e3;
  return !(battery() <= 0.0);
}

Device::Run Device::run(const approx_recorded_rung& rung) {
  const double now = speed();
  double latency_ms = static_cast<double>(rung.cost_ms) / now * static_cast<double>(load().slow_down);
  if (rung.slow_ms > rung.cost_ms) {
    const double spread = std::log(static_cast<double>(rung.slow_ms) / static_cast<double>(rung.cost_ms)) / kNormal99;
    latency_ms *= std::exp(spread * normal());
  }
  double energy_mj = static_cast<double>(rung.energy_mj);
  if (now != 1.0 && model_.power_exponent != 1.0f) {
    energy_mj *= std::pow(now, static_cast<double>(model_.power_exponent) - 1.0);
  }
  pass(latency_ms / 1e3, energy_mj / latency_ms);
  return {latency_ms, energy_mj};
}

double Device::speed() const {
  if (model_.throttle == nullptr) return 1.0;
  const approx_throttle_point *points = throttle_.data(), *last = points + model_.throttle_count - 1;
  if (temperature_c_ <= points->temperature_c) return points->speed;
  if (temperature_c_ >= last->temperature_c) return last->speed;
  while (temperature_c_ > points[1].temperature_c) ++points;
  const double from_c = points[0].temperature_c, from = points[0].speed;
  const double share = (temperature_c_ - from_c) / (static_cast<double>(points[1].temperature_c) - from_c);
  return from + share * (static_cast<double>(points[1].speed) - from);
}

double Device::battery() const {
  if (std::isnan(model_.battery_capacity_j)) return kNaN;
  const double left = static_cast<double>(model_.battery_charge) - energy_j_ / model_.battery_capacity_j;
  return std::max(left, 0.0);
}

float Device::reported_battery() const {
  const double charge = battery(), step = model_.battery_step;
  return static_cast<float>(step > 0.0 ? std::floor(charge / step) * step : charge);
}

float Device::ask_headroom() {
  if (std::isnan(model_.headroom_period_s)) return std::numeric_limits<float>::quiet_NaN();
  const double since = time_s_ - asked_s_;
  if (since < static_cast<double>(model_.headroom_period_s)) return std::numeric_limits<float>::quiet_NaN();
  const double slope = since > 0.0 ? (temperature_c_ - asked_c_) / since : 0.0;  // 0 when asked for the first time
  const double expected_c = temperature_c_ + slope * static_cast<double>(model_.headroom_forecast_s);
  asked_s_ = time_s_;
  asked_c_ = temperature_c_;
  const double zero_c = static_cast<double>(model_.severe_c) - kDegreesOfHeadroom;
  return static_cast<float>(std::max(0.0, (expected_c - zero_c) / kDegreesOfHeadroom));
}

double Device::normal() {
  const auto uniform = [this] { return static_cast<double>((random_.next() >> 11) + 1) * 0x1p-53; };  // in (0, 1]
  const double radius = std::sqrt(-2.0 * std::log(uniform()));
  return radius * std::cos(2.0 * std::numbers::pi * uniform());
}

void Device::pass(double seconds, double run_w) {
  while (seconds > 0.0) {
    double stretch = seconds;
    const bool changes = load_ + 1 < load_count_ && loads_[load_ + 1].time_s <= time_s_ + seconds;
    if (changes) stretch = loads_[load_ + 1].time_s - time_s_;
    const double power_w = static_cast<double>(model_.idle_w) + static_cast<double>(load().power_w) + run_w;
    if (!std::isnan(model_.heat_capacity_j_per_k)) {
      const double resistance = model_.resistance_k_per_w;
      const double settled_c = static_cast<double>(model_.ambient_c) + power_w * resistance;
      const double left = std::exp(-stretch / (resistance * static_cast<double>(model_.heat_capacity_j_per_k)));
      temperature_c_ = settled_c + (temperature_c_ - settled_c) * left;
    }
    energy_j_ += power_w * stretch;
    time_s_ += stretch;
    seconds -= stretch;
    if (changes) {
      time_s_ = loads_[++load_].time_s;
    }
  }
}

}  // namespace approxlite
