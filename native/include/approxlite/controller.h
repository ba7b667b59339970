/*
 * The controller: a step machine that decides which rung of a ladder runs next, when an answer is accepted, and whether
 * it is checked against exact afterwards. It runs no model itself: the caller (Python's and Java's Session, the
 * simulator) executes its actions, so this logic exists once.
 *
 *   approx_session_begin(session, &context, &step);
 *   while (step.action == APPROX_ACTION_RUN) {
 *     ... run ladder rung step.rung, giving `output` ...
 *     approx_session_observe(session, output, count, latency_ms, energy_mj, &step);
 *   }
 *   ... APPROX_ACTION_ACCEPT: the last output is the answer; APPROX_ACTION_REUSE: the answer before still is. Give it ...
 *   approx_session_finish(session, &step);
 *   if (step.action == APPROX_ACTION_CHECK) {
 *     ... run ladder rung step.rung, which is exact, on the same input ...
 *     approx_session_check(session, output, count, latency_ms, energy_mj, &step);
 *   }
 *
 * Every step says why, and on what evidence. Thread-safety: one session belongs to one thread at a time. After creation
 * nothing allocates; a decision takes below 2 us.
 */
#ifndef APPROXLITE_CONTROLLER_H_
#define APPROXLITE_CONTROLLER_H_

#include "approxlite/agreement.h"
#include "approxlite/engine.h"
#include "approxlite/guard.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct approx_session approx_session;

/** Most candidates a policy can have, and most classes that a confidence table can. */
#define APPROX_MAX_CANDIDATES 16
#define APPROX_MAX_CLASSES 1024
/** Most entries of an answer that can be kept for checking and reuse. */
#define APPROX_MAX_OUTPUT (1 << 24)

/** How sure an output vector is of its largest entry. */
typedef enum approx_confidence {
  APPROX_CONFIDENCE_TOP_TWO_RATIO = 0,     /**< largest / second largest; for probabilities, e.g. after softmax */
  APPROX_CONFIDENCE_TOP_TWO_DIFFERENCE = 1 /**< largest - second largest; for logits and everything else */
} approx_confidence;

/** One stage of a cascade: run `rung`; if the confidence reaches `threshold` the answer is accepted, else the next
 * stage runs on the same input. The last stage always accepts. */
typedef struct approx_stage {
  int32_t rung;    /**< index into the policy's ladder */
  float threshold; /**< finite; ignored on the last stage */
} approx_stage;

/** One rung of the ladder, as measured. */
typedef struct approx_rung_facts {
  float cost_ms;            /**< median, > 0; NaN if nobody measured it */
  float slow_ms;            /**< 99th percentile, >= cost_ms; NaN if nobody measured it */
  float energy_mj;          /**< of one inference, > 0; NaN if nobody measured it */
  const int32_t* class_map; /**< for each of its classes exact's class it stands for, -1 for none; NULL: the same. Only
                                 where answers are compared by APPROX_LOSS_TOP_ONE; exact has none */
  size_t class_count; /**< entries of class_map, 1..output_count */
} approx_rung_facts;

/** One way of answering an input: a cascade, or a single rung. */
typedef struct approx_candidate {
  const approx_stage* stages; /**< 1..APPROX_MAX_RUNGS, different rungs */
  size_t stage_count;
  float cost_ms; /**< mean, escalations included, > 0; NaN if nobody measured it */
  float energy_mj; /**< mean, escalations included, > 0; NaN if nobody measured it */
  float reuse_change; /**< an input that changed less than this since the last one that ran is given the answer before;
                           negative: never */
} approx_candidate;

/** Who picks the candidate for an input. NAIVE to CONFIDENCE start at `candidate` and move along the whole list. BUDGET
 * to AUTO stay at `candidate` while nothing presses, and are never more cautious, except where a deadline asks for it. */
typedef enum approx_rule {
  APPROX_RULE_FIXED = 0, /**< always `candidate`; a cascade if it has several stages, with reuse if that has */
  APPROX_RULE_NAIVE = 1, /**< Mobiprox: answer as before: onward, else back by half */
  APPROX_RULE_STATE = 2, /**< Mobiprox: votes of the last three answers */
  APPROX_RULE_KALMAN = 3, /**< Mobiprox: one-dimensional Kalman estimate of answers staying the same */
  APPROX_RULE_CONFIDENCE = 4, /**< Mobiprox: thresholds between mean confidence when wrong and when right, per class */
  APPROX_RULE_BUDGET = 5, /**< the most cautious candidate, or mixture of two, that the energy budget affords */
  APPROX_RULE_DEADLINE = 6, /**< the most cautious candidate that is done in time */
  APPROX_RULE_THERMAL = 7, /**< cheaper as thermal headroom runs out, dearer as it comes back */
  APPROX_RULE_AUTO = 8 /**< `candidate`, made cheaper by budget, heat and deadline, where the latter outranks the
                            former */
} approx_rule;

/** What a rule needs to know. Fields of other rules are ignored. */
typedef struct approx_rule_options {
  int32_t rule; /**< approx_rule */
  int32_t candidate; /**< below `certified`: where to stay, or to start */
  int32_t growth; /**< NAIVE..CONFIDENCE: 1: steps onward of one ("x1"); 2: each twice the last ("x2") */
  int32_t as_published; /**< nonzero: NAIVE compares with the first answer ever, CONFIDENCE uses inverted thresholds
                             as they are; else the answer before, and entries with right <= wrong are left out */
  const float* confidence_table; /**< CONFIDENCE: [candidate][class][2], mean confidence when wrong and when right
                                      (largest entry); NaN where unknown. Borrowed during creation */
  size_t class_count; /**< of confidence_table, at most APPROX_MAX_CLASSES */
  float energy_j_per_hour; /**< BUDGET, AUTO: of the whole device, idle included; NaN: none */
  float battery_target; /**< BUDGET, AUTO: charge, 0..1, to be left at ... NaN: none */
  double battery_target_time_s; /**< ... this time of approx_context.time_s */
  float battery_capacity_j; /**< of a full battery, > 0 where battery_target is given */
  float idle_w; /**< what the device draws between inferences, >= 0 */
  float deadline_ms; /**< DEADLINE, AUTO: of inputs that bring none along; NaN: none */
  float headroom_limit; /**< THERMAL, AUTO: thermal headroom to stay below, e.g. 0.85; NaN: none */
} approx_rule_options;

typedef struct approx_session_options {
  const approx_rung_facts* rungs; /**< the ladder; borrowed during creation */
  size_t rung_count; /**< 1..APPROX_MAX_RUNGS */
  const approx_candidate* candidates; /**< most cautious first, the first one exact alone; borrowed during creation */
  size_t candidate_count; /**< 1..APPROX_MAX_CANDIDATES */
  size_t certified; /**< how many of them, from the first on, are certified; no rule goes past them */
  int32_t exact_rung; /**< ladder index of exact, which checks and which every doubt falls back to */
  int32_t confidence; /**< approx_confidence */
  approx_agreement agreement; /**< when an answer counts as exact's */
  approx_rule_options rule;
  approx_guard* guard; /**< the caller's, outlives the session; NULL: no canaries, and only non-finite outputs are
                            caught */
  size_t output_count; /**< most entries of an output, 1..APPROX_MAX_OUTPUT */
} approx_session_options;

typedef enum approx_action {
  APPROX_ACTION_RUN = 0, /**< run `rung`, then approx_session_observe */
  APPROX_ACTION_ACCEPT = 1, /**< the last output is the answer */
  APPROX_ACTION_REUSE = 2, /**< the answer to the input before is the answer */
  APPROX_ACTION_CHECK = 3, /**< run `rung` on the same input, then approx_session_check */
  APPROX_ACTION_DONE = 4 /**< nothing more to do for this input */
} approx_action;

/** Why a step was taken; `evidence` is what the text in brackets says. */
typedef enum approx_reason {
  APPROX_REASON_FIRST_STAGE = 0, /**< every input starts here (0) */
  APPROX_REASON_CONFIDENT = 1, /**< confidence reached the threshold (confidence) */
  APPROX_REASON_UNSURE = 2, /**< confidence below the threshold (confidence) */
  APPROX_REASON_LAST_STAGE = 3, /**< nothing more accurate to ask (confidence) */
  APPROX_REASON_NOT_FINITE = 4, /**< an output held NaN or infinity (NaN) */
  APPROX_REASON_PINNED = 5, /**< a person or the application chose the rung (0) */
  APPROX_REASON_ALARM = 6, /**< the guard is latched: exact (its approx_alarm) */
  APPROX_REASON_UNCHANGED = 7, /**< the input hardly changed (change) */
  APPROX_REASON_STABLE = 8, /**< answers stayed the same: onward (rule's estimate) */
  APPROX_REASON_UNSTABLE = 9, /**< answers changed: back (rule's estimate) */
  APPROX_REASON_BUDGET = 10, /**< what the energy budget affords (watts it leaves) */
  APPROX_REASON_BUDGET_INFEASIBLE = 11, /**< not even the cheapest certified candidate fits the budget: it runs, and
                                             the budget is missed (watts it leaves) */
  APPROX_REASON_DEADLINE = 12, /**< the most accurate that is done in time (milliseconds left) */
  APPROX_REASON_LATE =
      13, /**< nothing certified is sure to be done in time: what is most often runs (milliseconds left) */
  APPROX_REASON_HEAT = 14, /**< thermal headroom is short: cheaper (headroom) */
  APPROX_REASON_COOL = 15, /**< thermal headroom is back (headroom) */
  APPROX_REASON_CANARY = 16, /**< drawn to be checked (probability it was drawn with) */
  APPROX_REASON_NO_CANARY = 17, /**< not drawn (probability it would have been) */
  APPROX_REASON_AGREES = 18, /**< the checked answer is exact's (loss) */
  APPROX_REASON_DIFFERS = 19, /**< the checked answer is not exact's (loss) */
  APPROX_REASON_TRIPWIRE = 20 /**< an output looks broken: exact runs (approx_alarm) */
} approx_reason;

/** Text of a reason for logs and traces, e.g. "unsure"; "unknown" for any other number. */
APPROX_EXPORT const char* approx_reason_name(int reason);

typedef struct approx_step {
  int32_t action; /**< approx_action */
  int32_t rung; /**< the rung to run, or the one whose output is accepted, reused or checked */
  int32_t reason; /**< approx_reason */
  float evidence; /**< see approx_reason */
  int32_t candidate; /**< the one being followed; 0 when falling back to exact */
} approx_step;

/** What is known when an input arrives. NaN: unknown; the last known value is kept where it says so. */
typedef struct approx_context {
  double time_s; /**< of a clock that never goes back, sleep included; also of approx_guard's time */
  float input_change; /**< distance of this input from the last one that really ran, >= 0 */
  float deadline_ms; /**< left for this input */
  float battery; /**< charge, 0..1; kept */
  int32_t charging; /**< nonzero: energy budgets do not count; negative: unknown, which means not */
  float thermal_headroom; /**< as Android gives it: 1.0 is severe; kept */
} approx_context;

/** On APPROX_OK the caller owns `*out`. APPROX_INVALID_ARGUMENT when an option is out of its range. */
APPROX_EXPORT approx_status approx_session_create(const approx_session_options* options, approx_session** out);
APPROX_EXPORT void approx_session_destroy(approx_session* session); /* NULL is fine */

/** From the next input on: always `rung`, whatever the rule says, unless the guard is latched; negative: the rule. */
APPROX_EXPORT approx_status approx_session_pin(approx_session* session, int32_t rung);

/** Starts a new input; whatever input was under way is dropped. `context` NULL: nothing is known. RUN or REUSE. */
APPROX_EXPORT approx_status approx_session_begin(approx_session* session, const approx_context* context,
                                                 approx_step* step);

/** Takes the `count` >= 1 outputs of the rung that was asked for, how long it took and, if known (else NaN), what it
 * used. RUN or ACCEPT. APPROX_NOT_READY when no run was asked for; APPROX_INVALID_ARGUMENT when outputs of this rung
 * cannot be compared with exact's. An output of exact that is not finite is accepted with APPROX_REASON_NOT_FINITE. */
APPROX_EXPORT approx_status approx_session_observe(approx_session* session, const float* output, size_t count,
                                                   float latency_ms, float energy_mj, approx_step* step);

/** After an answer was given: CHECK or DONE. APPROX_NOT_READY when none was. Exact's own answers are never checked. */
APPROX_EXPORT approx_status approx_session_finish(approx_session* session, approx_step* step);

/** Takes exact's `count` outputs for the input just answered. DONE, with AGREES or DIFFERS; the guard may be latched
 * afterwards. APPROX_NOT_READY when no check was asked for. */
APPROX_EXPORT approx_status approx_session_check(approx_session* session, const float* output, size_t count,
                                                 float latency_ms, float energy_mj, approx_step* step);

/** Confidence of an output vector as the session computes it; `kind` is an approx_confidence. One entry: +infinity.
 * NaN if any entry is not finite. */
APPROX_EXPORT float approx_confidence_of(int32_t kind, const float* output, size_t count);

#ifdef __cplusplus
}
#endif
#endif /* APPROXLITE_CONTROLLER_H_ */
