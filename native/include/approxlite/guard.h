/*
 * The guard: watches whether a policy still keeps its promise, and latches exact when it does not.
 *
 * Answers already given are checked against exact at random (canaries), more often where confidence is low, and counted
 * with inverse-propensity weights in an e-process: a test that may be read after every canary and raises a false alarm
 * with probability at most alpha for ever (Ramdas, Gruenwald, Vovk and Shafer, "Game-theoretic statistics and safe
 * anytime-valid inference", 2023). Tripwires act at once: outputs that are not finite, all zero, that do not change
 * while the input does, or that leave the range seen in calibration. An alarm stays until re-certification, across
 * restart, reboot and update: the state is saved in two slots with checksums; a state that cannot be read is an alarm.
 *
 * Thread-safety: one guard belongs to one thread at a time, that of its session. Its random numbers are its own.
 */
#ifndef APPROXLITE_GUARD_H_
#define APPROXLITE_GUARD_H_

#include "approxlite/engine.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct approx_guard approx_guard;

/** Why a guard is latched. */
typedef enum approx_alarm {
  APPROX_ALARM_NONE = 0,
  APPROX_ALARM_DISAGREEMENT = 1, /**< canaries prove, at level alpha, more disagreement than epsilon */
  APPROX_ALARM_NOT_FINITE = 2,   /**< an output held NaN or infinity */
  APPROX_ALARM_CONSTANT = 3,     /**< bit for bit the same output while the input changed */
  APPROX_ALARM_OUT_OF_RANGE = 4, /**< an output far from what calibration saw, again and again */
  APPROX_ALARM_UNREADABLE = 5,   /**< the saved state cannot be read */
  APPROX_ALARM_OTHER_POLICY = 6, /**< the saved state is of another certificate */
  APPROX_ALARM_PERSON = 7,       /**< somebody asked for exact */
  APPROX_ALARM_ZERO = 8          /**< every entry of an output was zero, which calibration never saw */
} approx_alarm;

/** Text of an alarm, e.g. "disagreement"; "unknown" for any other number. */
APPROX_EXPORT const char* approx_alarm_name(int alarm);

/** What calibration saw of one rung's outputs. */
typedef struct approx_output_range {
  float low, high;    /**< of all entries, finite; low > high: unknown */
  int32_t zeros_seen; /**< nonzero: outputs whose every entry is zero are normal; those of one entry always are */
} approx_output_range;

typedef struct approx_guard_options {
  uint8_t certificate[32]; /**< sha256 of the policy's certificate: whose evidence this is */
  float epsilon;           /**< promised disagreement, above 0 and below 1 */
  float alpha;             /**< probability of a false alarm, ever, above 0 and below 1, e.g. 0.01 */
  float canary_rate;       /**< share of answers to check on average, 0..1, e.g. 0.02 */
  float unsure;            /**< confidence below which answers are checked `unsure_factor` times as often ... */
  float unsure_factor;     /**< ... >= 1; probabilities are capped at 1 */
  float unsure_share;      /**< share of answers that unsure ones were in calibration, 0..1, to keep to canary_rate */
  uint64_t seed;           /**< of the draws, and mixed in when a saved state is taken up: a fresh one at each start
                                keeps draws lost in a crash from being made again; 0: exactly what was saved */
  const approx_output_range* ranges; /**< by rung; borrowed during creation; NULL: none known */
  size_t range_count;                /**< at most APPROX_MAX_RUNGS */
  int32_t constant_limit; /**< equal outputs in a row, with inputs that changed, that are an alarm; >= 2, e.g. 8 */
  float still_change; /**< >= 0: an input that changed by no more than this may have the same output, and so may one of
                           which nobody knows how much it changed */
  int32_t out_of_range_limit; /**< outputs in a row, further out of their rung's range than it is wide, that are an
                                   alarm; >= 1, e.g. 3 */
} approx_guard_options;

/** What a guard knows, for status pages and audits. */
typedef struct approx_guard_status {
  int32_t alarm; /**< approx_alarm */
  uint64_t answers; /**< given since the certificate, but for those of exact alone */
  uint64_t canaries; /**< of them checked */
  uint64_t disagreements; /**< of them */
  double disagreement_share; /**< estimate of the share of all answers, by inverse-propensity weights; NaN: no canary */
  double e_value; /**< evidence against the promise; 1/alpha is an alarm */
} approx_guard_status;

/** On APPROX_OK the caller owns `*out`. APPROX_INVALID_ARGUMENT when an option is out of its range. */
APPROX_EXPORT approx_status approx_guard_create(const approx_guard_options* options, approx_guard** out);
APPROX_EXPORT void approx_guard_destroy(approx_guard* guard); /* NULL is fine; after its session */

APPROX_EXPORT approx_status approx_guard_get_status(const approx_guard* guard, approx_guard_status* out);

/** Looks at an output of `count` >= 1 entries of a rung other than exact, with the change of the input, NaN if unknown,
 * as approx_session_observe does by itself. `alarm`: what the guard is latched for afterwards. */
APPROX_EXPORT approx_status approx_guard_inspect(approx_guard* guard, int32_t rung, const float* output, size_t count,
                                                 float change, int32_t* alarm);

/** Lives through `count` answers at once, for simulations: draws canaries at their confidences and checks them against
 * `differs`, nonzero where the answer is not exact's. `given`: how many were given before the guard was latched. */
APPROX_EXPORT approx_status approx_guard_replay(approx_guard* guard, const float* confidences, const uint8_t* differs,
                                                size_t count, size_t* given);

/** Latches exact from the next inference on, for a reason from outside, such as a person. A guard that is latched keeps
 * its first alarm. APPROX_INVALID_ARGUMENT unless `alarm` is one. */
APPROX_EXPORT approx_status approx_guard_latch(approx_guard* guard, int32_t alarm);

/** The only way out of an alarm: a new certificate, with its promise. Evidence and counts start anew, the draws go on.
 * APPROX_INVALID_ARGUMENT when epsilon is out of its range. */
APPROX_EXPORT approx_status approx_guard_recertify(approx_guard* guard, const uint8_t certificate[32], float epsilon);

/** Bytes of a saved state, both slots. */
#define APPROX_GUARD_STATE_BYTES 512

/** Writes the state into the older slot of `state`, which holds what was there before (or zeros); an alarm into both,
 * so that no damage to one of them can bring back a state without it. Save it often: at each canary and each alarm.
 * Layout: controller/guard_state.h; little-endian, the same on every device. */
APPROX_EXPORT approx_status approx_guard_save(const approx_guard* guard, uint8_t state[APPROX_GUARD_STATE_BYTES]);
/** Takes up the newest slot that can be read. If none can, or it is of another certificate or epsilon, the guard is
 * latched and APPROX_INVALID_ARGUMENT comes back; a saved alarm is taken up with APPROX_OK. A guard that is latched
 * stays so, whatever it loads. All zeros is the state of a guard that never saved. */
APPROX_EXPORT approx_status approx_guard_load(approx_guard* guard, const uint8_t state[APPROX_GUARD_STATE_BYTES]);

/** The same in a file: a slot is overwritten in place and flushed to the disk, so that a crash leaves the other one; a
 * new file appears whole. APPROX_IO_ERROR when the disk refuses. A file that does not exist is a guard that never
 * saved; the caller knows whether one should exist. A file that exists but cannot be read, zeros included, latches. */
APPROX_EXPORT approx_status approx_guard_save_file(const approx_guard* guard, const char* path);
APPROX_EXPORT approx_status approx_guard_load_file(approx_guard* guard, const char* path);

/** Faults to try a guard with. They change what it sees from the next answer on, never what is answered. */
typedef enum approx_fault {
  APPROX_FAULT_NONE = 0,
  APPROX_FAULT_ZEROS = 1, /**< outputs are all zero */
  APPROX_FAULT_FROZEN = 2, /**< outputs stay what the first one was */
  APPROX_FAULT_NAN = 3, /**< an entry is NaN */
  APPROX_FAULT_DISAGREE = 4 /**< canaries disagree with probability `amount` more */
} approx_fault;
APPROX_EXPORT approx_status approx_guard_inject(approx_guard* guard, int32_t fault, float amount);

#ifdef __cplusplus
}
#endif
#endif /* APPROXLITE_GUARD_H_ */
