/*
 * The simulator: what a session and its guard do over hours on a device that heats up and runs empty, in seconds.
 *
 * A recording holds what every rung answers to every sample. The simulator drives the very approx_session that a phone
 * runs, gives it recorded outputs in place of runs, and keeps clock, temperature, clock speed and battery by a small
 * model of the device. Rules, thresholds, canaries and alarms are therefore not modelled: they are the real ones.
 *
 * The device, with time in seconds, power in watts and temperature in degrees Celsius:
 *   inputs        one begins `period_ms` after the one before began, or when that one is done, if that is later
 *   a run         takes cost_ms / speed, times the slow-down of the load behind it, times a log-normal factor whose
 *                 median is 1 and whose 99th percentile is slow_ms / cost_ms
 *   its energy    energy_mj * speed ^ (power_exponent - 1), beyond what the device draws anyway
 *   the device    draws idle_w and what the load behind draws, all the time
 *   temperature   one heat capacity C behind one resistance R: C dT/dt = P - (T - ambient) / R, solved in closed form
 *                 over each stretch of constant power (a lumped-capacitance model)
 *   speed         of the clock, share of full, linear between points of a throttle curve over temperature
 *   headroom      as Android's getThermalHeadroom: 1 at severe_c, 0 from 30 degrees below, here with a forecast along
 *                 the slope since it was last asked; it is asked every headroom_period_s and unknown between
 *
 * Equal options and calls give equal bits on one machine (exp, log and cos are the C library's). Thread-safety: one
 * simulator belongs to one thread at a time. Nothing allocates after creation.
 */
#ifndef APPROXLITE_SIMULATOR_H_
#define APPROXLITE_SIMULATOR_H_

#include "approxlite/controller.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct approx_simulator approx_simulator;

/** Most points of a throttle curve, and most changes of load. */
#define APPROX_MAX_THROTTLE_POINTS 16
#define APPROX_MAX_LOADS 64
/** Most inferences of one input that its step names; exact is asked once more after all stages at worst. */
#define APPROX_MAX_RUNS_NAMED 16

/** What one rung answers, and what it really costs, whatever the session believes. */
typedef struct approx_recorded_rung {
  const float* outputs;     /**< (samples, output_count), borrowed for the simulator's life */
  size_t output_count;      /**< >= 1 */
  const int32_t* class_map; /**< as in approx_rung_facts; borrowed for the simulator's life */
  size_t class_count;
  float cost_ms;   /**< median at full speed, > 0 */
  float slow_ms;   /**< 99th percentile at full speed, >= cost_ms */
  float energy_mj; /**< at full speed, beyond what idling would have drawn, >= 0 */
} approx_recorded_rung;

typedef struct approx_throttle_point {
  float temperature_c; /**< rising from point to point */
  float speed;         /**< share of full speed, above 0, at most 1 */
} approx_throttle_point;

/** What else the device does, from `time_s` on until the next entry. */
typedef struct approx_load {
  double time_s;   /**< rising from entry to entry */
  float power_w;   /**< >= 0 */
  float slow_down; /**< times that a run takes as long, >= 1 */
} approx_load;

typedef struct approx_device_model {
  float period_ms;      /**< between inputs, >= 0; 0: the next when the one before is done */
  float idle_w;         /**< >= 0 */
  float power_exponent; /**< power of a run over clock speed, 1..3; 1: energy of a run does not depend on it */
  int32_t meters_energy; /**< nonzero: the session is told the energy of each run; else NaN, as on most phones */
  float battery_capacity_j; /**< of a full battery, > 0; NaN: unknown, and never empty */
  float battery_charge;     /**< at the start, 0..1 */
  float battery_step;       /**< the session is told charge in steps of this, as Android does in 0.01; 0: as it is */
  float heat_capacity_j_per_k; /**< > 0; NaN: it stays at start_c */
  float resistance_k_per_w;    /**< to the surroundings, > 0 */
  float ambient_c;
  float start_c;
  float severe_c;            /**< where headroom is 1 */
  float headroom_period_s;   /**< between two questions, > 0; NaN: never asked */
  float headroom_forecast_s; /**< how far ahead it looks, >= 0 */
  const approx_throttle_point* throttle; /**< borrowed during creation; NULL: full speed always */
  size_t throttle_count;
  const approx_load* loads; /**< borrowed during creation; NULL: none */
  size_t load_count;
} approx_device_model;

typedef struct approx_simulator_options {
  const approx_recorded_rung* rungs; /**< the session's ladder; borrowed during creation, its arrays longer */
  size_t rung_count;                 /**< 1..APPROX_MAX_RUNGS */
  size_t sample_count;               /**< 1..2^31-1 */
  int32_t exact_rung;                /**< what answers are compared with */
  approx_agreement agreement;
  const float* inputs; /**< (samples, input_count), to tell input change by; borrowed for the simulator's life; NULL:
                            it is unknown */
  size_t input_count;
  approx_device_model device;
  float deadline_ms; /**< of every input; NaN: none */
  uint64_t seed;     /**< of how long runs take */
} approx_simulator_options;

/** One input. */
typedef struct approx_simulated_step {
  double time_s;      /**< when it began */
  uint64_t rungs_run; /**< four bits each, the first lowest; those after APPROX_MAX_RUNGS_NAMED are left out */
  float latency_ms;   /**< until its answer; 0 when the one before was used again */
  float check_ms;     /**< of the canary afterwards; 0: none */
  float energy_mj;    /**< of all its runs, canary included, beyond idling */
  float temperature_c; /**< when it was done, before the pause until the next */
  float speed;         /**< of the clock when it began */
  float headroom;      /**< as asked last; NaN: never */
  float battery;       /**< charge when it was done; NaN: unknown */
  float chosen_evidence;   /**< of chosen_reason */
  float accepted_evidence; /**< of accepted_reason */
  float check_evidence;    /**< of check_reason: the loss where it was checked, else the probability of a draw */
  uint8_t run_count;       /**< inferences before the answer */
  int8_t candidate;        /**< followed in the end, 0 when falling back to exact, -1 when a rung is pinned */
  uint8_t rung;            /**< whose output is the answer; with reuse, the one that gave it */
  uint8_t reused;          /**< the answer before was used again */
  uint8_t chosen_reason;   /**< approx_reason of the first step */
  uint8_t accepted_reason; /**< approx_reason of the step that accepted or reused */
  uint8_t check_reason;    /**< approx_reason of the last step */
  uint8_t differs;         /**< the answer is not exact's on this very input, whether or not that was checked */
} approx_simulated_step;

/** Where a simulated device is. */
typedef struct approx_device_state {
  double time_s;
  double energy_j; /**< drawn since the start: idling, loads and runs */
  double temperature_c;
  double battery; /**< charge, 0..1; NaN: unknown */
} approx_device_state;

/** On APPROX_OK the caller owns `*out`. APPROX_INVALID_ARGUMENT when an option is out of its range, or when outputs of a
 * rung cannot be compared with exact's. */
APPROX_EXPORT approx_status approx_simulator_create(const approx_simulator_options* options, approx_simulator** out);
APPROX_EXPORT void approx_simulator_destroy(approx_simulator* simulator); /* NULL is fine */

/**
 * Gives `session` the samples `order[0..count)`, one input each, and fills `steps[0..count)`; `*done` says how many.
 * Fewer than `count` are done only when the battery runs empty. A further call goes on where this one stopped, so that
 * pins and faults can be put in between. APPROX_INVALID_ARGUMENT for samples there are none of; whatever status the
 * session gives when it refuses a step, with the steps before it done.
 */
APPROX_EXPORT approx_status approx_simulator_run(approx_simulator* simulator, approx_session* session,
                                                 const uint32_t* order, size_t count, approx_simulated_step* steps,
                                                 size_t* done);

APPROX_EXPORT approx_status approx_simulator_state(const approx_simulator* simulator, approx_device_state* out);

#ifdef __cplusplus
}
#endif
#endif /* APPROXLITE_SIMULATOR_H_ */
