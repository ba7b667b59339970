// dev.approxlite.NativeGuard: guard.h for Java.
#include "approxlite/guard.h"

#include "jni/arrays.h"

using approxlite::java::copy;
using approxlite::java::handle;
using approxlite::java::object;

// `settings`: epsilon, alpha, canary_rate, unsure, unsure_factor, unsure_share, still_change. `ranges`: low and high of
// each rung. 0: an option is out of its range.
APPROX_JAVA(jlong, NativeGuard, create)
(JNIEnv* env, jclass, jbyteArray certificate, jfloatArray settings, jlong seed, jfloatArray ranges, jintArray zerosSeen,
 jint constantLimit, jint outOfRangeLimit) {
  const auto numbers = copy<jfloat>(env, settings);
  const auto ends = copy<jfloat>(env, ranges);
  const auto zeros = copy<jint>(env, zerosSeen);
  std::vector<approx_output_range> known(zeros.size());
  for (size_t i = 0; i < known.size(); ++i) known[i] = {ends[2 * i], ends[2 * i + 1], zeros[i]};
  approx_guard_options options{};
  if (numbers.size() != 7 || env->GetArrayLength(certificate) != sizeof options.certificate) return 0;
  env->GetByteArrayRegion(certificate, 0, sizeof options.certificate, reinterpret_cast<jbyte*>(options.certificate));
  options.epsilon = numbers[0];
  options.alpha = numbers[1];
  options.canary_rate = numbers[2];
  options.unsure = numbers[3];
  options.unsure_factor = numbers[4];
  options.unsure_share = numbers[5];
  options.still_change = numbers[6];
  options.seed = static_cast<uint64_t>(seed);
  options.ranges = known.data();
  options.range_count = known.size();
  options.constant_limit = constantLimit;
  options.out_of_range_limit = outOfRangeLimit;
  approx_guard* guard = nullptr;
  return approx_guard_create(&options, &guard) == APPROX_OK ? handle(guard) : 0;
}

APPROX_JAVA(void, NativeGuard, destroy)(JNIEnv*, jclass, jlong guard) {
  approx_guard_destroy(object<approx_guard>(guard));
}

// `counts`: alarm, answers, canaries, disagreements. `estimates`: disagreement_share, e_value.
APPROX_JAVA(jint, NativeGuard, status)
(JNIEnv* env, jclass, jlong guard, jlongArray counts, jdoubleArray estimates) {
  approx_guard_status status{};
  const approx_status done = approx_guard_get_status(object<approx_guard>(guard), &status);
  const jlong whole[] = {status.alarm, static_cast<jlong>(status.answers), static_cast<jlong>(status.canaries),
                         static_cast<jlong>(status.disagreements)};
  const jdouble real[] = {status.disagreement_share, status.e_value};
  env->SetLongArrayRegion(counts, 0, 4, whole);
  env->SetDoubleArrayRegion(estimates, 0, 2, real);
  return done;
}

APPROX_JAVA(jint, NativeGuard, latch)(JNIEnv*, jclass, jlong guard, jint alarm) {
  return approx_guard_latch(object<approx_guard>(guard), alarm);
}

// Writes into `state`, APPROX_GUARD_STATE_BYTES that hold the state before.
APPROX_JAVA(jint, NativeGuard, save)(JNIEnv* env, jclass, jlong guard, jbyteArray state) {
  uint8_t bytes[APPROX_GUARD_STATE_BYTES];
  if (env->GetArrayLength(state) != sizeof bytes) return APPROX_INVALID_ARGUMENT;
  env->GetByteArrayRegion(state, 0, sizeof bytes, reinterpret_cast<jbyte*>(bytes));
  const approx_status status = approx_guard_save(object<approx_guard>(guard), bytes);
  env->SetByteArrayRegion(state, 0, sizeof bytes, reinterpret_cast<const jbyte*>(bytes));
  return status;
}

APPROX_JAVA(jint, NativeGuard, load)(JNIEnv* env, jclass, jlong guard, jbyteArray state) {
  uint8_t bytes[APPROX_GUARD_STATE_BYTES];
  if (env->GetArrayLength(state) != sizeof bytes) return APPROX_INVALID_ARGUMENT;
  env->GetByteArrayRegion(state, 0, sizeof bytes, reinterpret_cast<jbyte*>(bytes));
  return approx_guard_load(object<approx_guard>(guard), bytes);
}
