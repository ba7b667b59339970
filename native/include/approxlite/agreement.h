/*
 * Whether two answers to one input are the same: what a certificate counts, and what a canary checks.
 *
 * Thread-safety: all functions are pure.
 */
#ifndef APPROXLITE_AGREEMENT_H_
#define APPROXLITE_AGREEMENT_H_

#include "approxlite/engine.h"

#ifdef __cplusplus
extern "C" {
#endif

/** How far one answer lies from another, its loss. A value that is not finite is infinitely far from everything. */
typedef enum approx_loss {
  APPROX_LOSS_TOP_ONE = 0,          /**< 0 if the largest entry is the same, else 1; the first on a tie */
  APPROX_LOSS_LABEL_SHARE = 1,      /**< share of positions whose largest of `classes` entries is another one */
  APPROX_LOSS_MEAN_ABSOLUTE = 2,    /**< mean absolute difference of entries */
  APPROX_LOSS_LARGEST_ABSOLUTE = 3, /**< largest absolute difference of entries */
  APPROX_LOSS_ROOT_MEAN_SQUARE = 4  /**< root of the mean squared difference of entries */
} approx_loss;

/** Answers agree if their loss is at most `tolerance`. */
typedef struct approx_agreement {
  int32_t loss;    /**< approx_loss */
  int32_t classes; /**< >= 1; entries of one position, for APPROX_LOSS_LABEL_SHARE only, dividing the entry count */
  float tolerance; /**< >= 0, finite */
} approx_agreement;

/**
 * Losses of `samples` answers of `count` entries each against `exact`'s, row by row, into `losses`. `class_map`, or
 * NULL: for each of `count` classes of `answers` the class of exact it stands for, or -1 for none; with it, top-one
 * answers may have another `count` than `exact_count`, otherwise both are the same. APPROX_INVALID_ARGUMENT for null
 * pointers, unknown kinds, counts of 0 or counts that do not fit.
 */
APPROX_EXPORT approx_status approx_losses(const approx_agreement* agreement, const float* exact, size_t exact_count,
                                          const float* answers, size_t count, const int32_t* class_map, size_t samples,
                                          float* losses);

#ifdef __cplusplus
}
#endif
#endif /* APPROXLITE_AGREEMENT_H_ */
