/*
 * Audio features for keyword models: mel-frequency cepstral coefficients (MFCC), the same bits on every CPU.
 *
 * Sound is divided by its largest sample; windows of it (Hann, periodic) go through a Fourier transform of the next
 * power of two; magnitudes are gathered in triangles on the mel scale 1127 ln(1 + f / 700); of ln(energy + 1e-6) the
 * first coefficients of the orthonormal cosine transform (type II, the first scaled like the others) are the features.
 * That is what MLPerf Tiny's keyword models were trained on (TensorFlow's stft, linear_to_mel_weight_matrix and
 * mfccs_from_log_mel_spectrograms).
 *
 * Thread-safety: an object belongs to one thread at a time.
 */
#ifndef APPROXLITE_FRONTEND_H_
#define APPROXLITE_FRONTEND_H_

#include "approxlite/engine.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct approx_mfcc approx_mfcc;

typedef struct approx_mfcc_settings {
  int32_t sample_rate_hz;   /**< 1000 to 192000 */
  int32_t window_samples;   /**< of one frame, 2 to 8192 */
  int32_t hop_samples;      /**< from one frame to the next, at least 1 */
  int32_t mel_bands;        /**< 1 to 256 */
  int32_t coefficients;     /**< 1 to mel_bands */
  float lowest_hz;          /**< of the first triangle, at least 0 */
  float highest_hz;         /**< of the last one, above lowest_hz, at most half the sample rate */
} approx_mfcc_settings;

/** What MLPerf Tiny's keyword models take: 16 kHz, 30 ms every 20 ms, 40 bands from 20 to 4000 Hz, 10 coefficients. */
APPROX_EXPORT approx_mfcc_settings approx_mfcc_keyword(void);

/** On APPROX_OK the caller owns `*out`. APPROX_INVALID_ARGUMENT: null, or a setting out of its range. */
APPROX_EXPORT approx_status approx_mfcc_create(const approx_mfcc_settings* settings, approx_mfcc** out);

/** Whole frames in so many samples; 0 if there is none. */
APPROX_EXPORT int32_t approx_mfcc_frames(const approx_mfcc* mfcc, int32_t samples);

/**
 * Writes frames x coefficients floats, frame by frame. Sound without a sample above zero is not divided. Allocates
 * nothing. APPROX_INVALID_ARGUMENT: null, or not one whole frame.
 */
APPROX_EXPORT approx_status approx_mfcc_compute(approx_mfcc* mfcc, const int16_t* sound, int32_t samples,
                                                float* features);

/** Null is fine. */
APPROX_EXPORT void approx_mfcc_destroy(approx_mfcc* mfcc);

#ifdef __cplusplus
}
#endif

#endif  // APPROXLITE_FRONTEND_H_
