// The simulated device: clock, temperature, clock speed and battery. simulator.h has its equations.
#ifndef APPROXLITE_CONTROLLER_DEVICE_H_
#define APPROXLITE_CONTROLLER_DEVICE_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "approxlite/simulator.h"
#include "controller/random.h"

namespace approxlite {

class Device {
 public:
  // False if any number is out of the range that simulator.h gives.
  static bool valid(const approx_device_model& model);
  // Copies `model`, which must be valid.
  Device(const approx_device_model& model, uint64_t seed);

  // Goes on to the next input: waits until it is due. False when the battery is empty.
  bool begin_input();
  struct Run {
    double latency_ms;
    double energy_mj;
  };
  // Lets time, heat and charge go on by one run.
  Run run(const approx_recorded_rung& rung);

  double time_s() const { return time_s_; }
  double energy_j() const { return energy_j_; }
  double temperature_c() const { return temperature_c_; }
  double speed() const;
  double battery() const;  // charge, NaN where unknown
  float reported_battery() const;
  // Thermal headroom if it is time to ask for it again, else NaN.
  float ask_headroom();
  bool meters_energy() const { return model_.meters_energy != 0; }

 private:
  // `seconds` in which runs draw `run_w`, beside what the device draws anyway.
  void pass(double seconds, double run_w);
  const approx_load& load() const { return loads_[load_]; }
  double normal();  // a normal number, by Box and Muller (1958)

  approx_device_model model_;
  std::array<approx_throttle_point, APPROX_MAX_THROTTLE_POINTS> throttle_{};
  std::array<approx_load, APPROX_MAX_LOADS + 1> loads_{};  // the first one from the start on
  size_t load_count_;
  size_t load_ = 0;
  Random random_;
  double time_s_ = 0.0;
  double due_s_ = 0.0;  // when the next input begins
  double energy_j_ = 0.0;
  double temperature_c_;
  double asked_s_;  // when headroom was asked for last, and how warm it was; NaN: never
  double asked_c_;
};

}  // namespace approxlite

#endif  // APPROXLITE_CONTROLLER_DEVICE_H_
