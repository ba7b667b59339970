/*
 * The controller: a step machine that decides which rung runs next and when an answer is accepted. It runs no model
 * itself: the caller (Python's and Java's Session, the simulator) executes its actions, so this logic exists once.
 *
 *   approx_session_begin(session, &step);
 *   while (step.action == APPROX_ACTION_RUN) {
 *     ... run ladder rung step.rung, giving `output` ...
 *     approx_session_observe(session, output, count, &step);
 *   }
 *   // APPROX_ACTION_ACCEPT: the last output is the answer; step.reason and step.evidence say why.
 *
 * Thread-safety: one session belongs to one thread at a time. After creation nothing allocates.
 */
#ifndef APPROXLITE_CONTROLLER_H_
#define APPROXLITE_CONTROLLER_H_

#include "approxlite/engine.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct approx_session approx_session;

/** How sure an output vector is of its largest entry. */
typedef enum approx_confidence {
  APPROX_CONFIDENCE_TOP_TWO_RATIO = 0,     /**< largest / second largest; for probabilities, e.g. after softmax */
  APPROX_CONFIDENCE_TOP_TWO_DIFFERENCE = 1 /**< largest - second largest; for logits and everything else */
} approx_confidence;

/** One stage of a cascade: run `rung`; if the confidence reaches `threshold` the answer is accepted, else the next
 * stage runs on the same input. The last stage always accepts. A fixed policy has one stage. */
typedef struct approx_stage {
  int32_t rung;     /**< index into the policy's ladder */
  float threshold;  /**< finite; ignored on the last stage */
} approx_stage;

typedef struct approx_session_options {
  const approx_stage* stages; /**< borrowed during creation, 1..APPROX_MAX_RUNGS, strictly different rungs */
  size_t stage_count;
  int32_t confidence; /**< approx_confidence */
  int32_t exact_rung; /**< ladder index that runs when an output is not finite */
} approx_session_options;

typedef enum approx_action { APPROX_ACTION_RUN = 0, APPROX_ACTION_ACCEPT = 1 } approx_action;

/** Why a step was taken. */
typedef enum approx_reason {
  APPROX_REASON_FIRST_STAGE = 0, /**< every input starts here */
  APPROX_REASON_CONFIDENT = 1,   /**< evidence (confidence) reached the threshold */
  APPROX_REASON_UNSURE = 2,      /**< evidence (confidence) below the threshold */
  APPROX_REASON_LAST_STAGE = 3,  /**< nothing more accurate to ask */
  APPROX_REASON_NOT_FINITE = 4   /**< output held NaN or infinity */
} approx_reason;

/** Text of a reason for logs and traces, e.g. "unsure"; "unknown" for any other number. */
APPROX_EXPORT const char* approx_reason_name(int reason);

typedef struct approx_step {
  int32_t action; /**< approx_action */
  int32_t rung;   /**< the rung to run, or the one whose output is accepted */
  int32_t reason; /**< approx_reason */
  float evidence; /**< confidence of the last output; 0 at the first stage; NaN when not finite */
} approx_step;

/** On APPROX_OK the caller owns `*out`. APPROX_INVALID_ARGUMENT when an option is out of its range. */
APPROX_EXPORT approx_status approx_session_create(const approx_session_options* options, approx_session** out);
APPROX_EXPORT void approx_session_destroy(approx_session* session); /* NULL is fine */

/** Starts a new input; whatever input was under way is dropped. */
APPROX_EXPORT approx_status approx_session_begin(approx_session* session, approx_step* step);

/** Takes the `count` >= 1 outputs of the rung that was asked for and says what to do next. APPROX_NOT_READY when no
 * run was asked for. An output of the exact rung that is not finite is accepted with APPROX_REASON_NOT_FINITE. */
APPROX_EXPORT approx_status approx_session_observe(approx_session* session, const float* output, size_t count,
                                                   approx_step* step);

/** Confidence of an output vector as the session computes it; `kind` is an approx_confidence. One entry: +infinity.
 * NaN if any entry is not finite. */
APPROX_EXPORT float approx_confidence_of(int32_t kind, const float* output, size_t count);

#ifdef __cplusplus
}
#endif
#endif /* APPROXLITE_CONTROLLER_H_ */
