/*
 * The inference engine: a TensorFlow Lite delegate whose operators can be approximate.
 *
 * One engine serves one interpreter. Hand `approx_engine_delegate` to the interpreter before its tensors are
 * allocated; the engine then runs every partition of operators it supports, and the runtime runs the rest.
 *
 * Thread-safety: an engine and its interpreter belong to one thread at a time. Functions without an engine argument
 * may be called from any thread.
 */
#ifndef APPROXLITE_ENGINE_H_
#define APPROXLITE_ENGINE_H_

#include <stddef.h>
#include <stdint.h>

#if defined(_WIN32)
#define APPROX_EXPORT __declspec(dllexport)
#else
#define APPROX_EXPORT __attribute__((visibility("default")))
#endif

#ifdef __cplusplus
extern "C" {
#endif

/** Everything that can go wrong. The text of the last failure is in `approx_engine_error`. */
typedef enum approx_status {
  APPROX_OK = 0,
  APPROX_INVALID_ARGUMENT = 1, /**< null pointer, index or size out of range */
  APPROX_BAD_CONFIGURATION = 2, /**< unknown operator or knob, or a knob the operator does not have */
  APPROX_NOT_READY = 3, /**< the interpreter's tensors are not allocated yet */
  APPROX_OUT_OF_MEMORY = 4,
  APPROX_IO_ERROR = 5 /**< a file cannot be written */
} approx_status;

/** Most rungs a ladder can hold. */
#define APPROX_MAX_RUNGS 16
/** Longest operator id or knob text, with its terminating zero. */
#define APPROX_TEXT_SIZE 64

typedef struct approx_engine approx_engine;

/** A kernel variant of this build, e.g. "avx512vnni"; index 0 is the best this CPU can run. NULL past the last. */
APPROX_EXPORT const char* approx_variant_name(int index);

/** Changes only when the bits any kernel computes change; a policy carries it. */
APPROX_EXPORT int approx_numerics_version(void);

/** Version of this library, "major.minor.patch". Never NULL. */
APPROX_EXPORT const char* approx_version(void);

/** Space-separated CPU features that choose kernels, e.g. "avx2 fma avx512f avx512vnni". Never NULL. */
APPROX_EXPORT const char* approx_cpu_features(void);

/** Most threads an engine can use. */
#define APPROX_MAX_THREADS 16

/**
 * `variant` is a name from `approx_variant_name`, or NULL for the best. On APPROX_OK the caller owns `*out`; its ladder
 * is the single rung "exact", and it uses one thread.
 */
APPROX_EXPORT approx_status approx_engine_create(const char* variant, approx_engine** out);

/**
 * How many threads invokes may use, the calling one among them: 1..APPROX_MAX_THREADS. Before the tensors are allocated,
 * else APPROX_INVALID_ARGUMENT. The bits do not depend on it; operators too small to share stay on one thread.
 */
APPROX_EXPORT approx_status approx_engine_set_threads(approx_engine* engine, int threads);

/** Afterwards nothing may be done with an interpreter that uses the engine but to destroy it. NULL is fine. */
APPROX_EXPORT void approx_engine_destroy(approx_engine* engine);

/** A `TfLiteDelegate*`, owned by the engine. */
APPROX_EXPORT void* approx_engine_delegate(approx_engine* engine);

/** Why the last call on this engine failed, "" if none did. Valid until the next call on it. */
APPROX_EXPORT const char* approx_engine_error(const approx_engine* engine);

/** Which 8-bit grid an operator's input is put on: real = scale * (quantised - zero_point), quantised in 0..255. */
typedef struct approx_scale {
  int32_t operator_index; /**< index in the model's operator list */
  float scale;            /**< > 0, finite */
  int32_t zero_point;     /**< 0..255 */
} approx_scale;

/** Calibrated weights in a safetensors file, mapped into memory. */
typedef struct approx_weights approx_weights;

/**
 * Maps `bytes` bytes of the file from `offset` on (0 bytes: to its end), for instance rungs.bin inside a stored zip, and
 * checks them. Tensors are named "[<rung>/]<operator id>/<atom>/<part>", e.g. "conv_2d_7/inputs:1/2/groups":
 *   inputs:f   groups (I32 [n], ascending over K in groups of four), weights (F32 [output, 4 n]), bias (F32 [output])
 *   rank:f     first (F32 [rank, K]), weights (F32 [output, rank]), bias (F32 [output])
 * Others are ignored. On APPROX_INVALID_ARGUMENT one line that says why is in `error` (`error_size` bytes, may be NULL).
 */
APPROX_EXPORT approx_status approx_weights_open(const char* path, uint64_t offset, uint64_t bytes, approx_weights** out,
                                                char* error, size_t error_size);

/**
 * The same of weights that lie in memory already, at a multiple of four bytes: borrowed, and not to be changed, until
 * the weights are closed and no ladder uses them.
 */
APPROX_EXPORT approx_status approx_weights_view(const void* content, size_t bytes, approx_weights** out, char* error,
                                                size_t error_size);

/** Ladders that use the weights keep them. NULL is fine. */
APPROX_EXPORT void approx_weights_close(approx_weights* weights);

/** One rung: configuration text (DESIGN section 4) and calibrated input scales; without one, `int8` takes its scale
 * from each input. `weights` may be NULL, then `inputs` and `rank` run on placeholders of the same cost; `name` is what
 * the rung's own weights are filed under, NULL for those that rungs share. Borrowed during the call only. */
typedef struct approx_rung {
  const char* configuration;
  const approx_scale* scales;
  size_t scale_count;
  const approx_weights* weights;
  const char* name;
} approx_rung;

/**
 * Replaces the whole ladder and selects rung 0. Before the tensors are allocated the texts are only parsed; afterwards
 * (or at allocation) operators and knobs are checked and every rung is prepared, which allocates. On any other status
 * the old ladder stays. 1..APPROX_MAX_RUNGS rungs.
 */
APPROX_EXPORT approx_status approx_engine_set_ladder(approx_engine* engine, const approx_rung* rungs, size_t count);

/** Takes effect at the next invoke. Below 1 us, no allocation. */
APPROX_EXPORT approx_status approx_engine_set_rung(approx_engine* engine, int rung);
APPROX_EXPORT int approx_engine_rung(const approx_engine* engine);
APPROX_EXPORT int approx_engine_rung_count(const approx_engine* engine);

/** One operator that the engine runs. */
typedef struct approx_operator {
  int32_t index;     /**< in the model's operator list */
  int32_t partition; /**< which maximal partition it belongs to, from 0 */
  char id[APPROX_TEXT_SIZE];   /**< "<type>_<index>", e.g. "conv_2d_7" */
  char note[APPROX_TEXT_SIZE]; /**< what lowering did with it, e.g. "folded into conv_2d_11"; "" if it runs by itself */
  int64_t multiply_accumulates; /**< per inference, exact */
  int32_t input_tensor; /**< number in the model of its first activation */
  int32_t output_tensor; /**< of its first output */
} approx_operator;

/** Operators the engine claimed, in model order; known once the interpreter's tensors are allocated. */
APPROX_EXPORT size_t approx_engine_operator_count(const approx_engine* engine);
APPROX_EXPORT approx_status approx_engine_operator(const approx_engine* engine, size_t i, approx_operator* out);

/** One operator that the runtime runs. */
typedef struct approx_left {
  int32_t index; /**< in the model's operator list */
  char reason[2 * APPROX_TEXT_SIZE]; /**< why the engine does not run it, in words */
} approx_left;

/** Operators of the model that the engine leaves to the runtime, in model order. */
APPROX_EXPORT size_t approx_engine_left_count(const approx_engine* engine);
APPROX_EXPORT approx_status approx_engine_left(const approx_engine* engine, size_t i, approx_left* out);

/** Every knob of operator `i`, "exact" first; NULL past the last. Valid while the engine lives. */
APPROX_EXPORT const char* approx_engine_knob(const approx_engine* engine, size_t i, size_t knob);

/** The knob operator `i` has in `rung`, canonical text; NULL if either is out of range. */
APPROX_EXPORT const char* approx_engine_rung_knob(const approx_engine* engine, int rung, size_t i);

/** Whether to time each operator. Off at first; on, it costs two clock reads per operator. */
APPROX_EXPORT void approx_engine_time_operators(approx_engine* engine, int on);

/** Nanoseconds each operator took in the last invoke, `count` = operator_count entries. 0 where folded. */
APPROX_EXPORT approx_status approx_engine_operator_times(const approx_engine* engine, int64_t* nanoseconds,
                                                         size_t count);

/** Whether to record the range of every weighted operator's input at each invoke; switching on forgets old ranges. */
APPROX_EXPORT void approx_engine_observe_ranges(approx_engine* engine, int on);

/** Smallest and largest input operator `i` has seen since recording began. APPROX_NOT_READY if it saw none. */
APPROX_EXPORT approx_status approx_engine_range(const approx_engine* engine, size_t i, float* low, float* high);

/** Which activation of an operator. */
typedef enum approx_side { APPROX_INPUT = 0, APPROX_OUTPUT = 1 } approx_side;

/**
 * From the next invoke on, every invoke copies the operator's first input, or its first output, to `values`, as floats
 * whatever the engine keeps it in; `count` is the tensor's element count. `values` stays the caller's and must live
 * until it is replaced or, with NULL, removed. While any tap is set, operators are not fused: the same bits, slower.
 * APPROX_INVALID_ARGUMENT for an operator that was folded away or a wrong count.
 */
APPROX_EXPORT approx_status approx_engine_tap(approx_engine* engine, size_t i, approx_side side, float* values,
                                              size_t count);

/** Bytes held for arena, weights and plans, for reports. */
APPROX_EXPORT size_t approx_engine_memory_bytes(const approx_engine* engine);

#ifdef __cplusplus
}
#endif
#endif /* APPROXLITE_ENGINE_H_ */
