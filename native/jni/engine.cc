// dev.approxlite.NativeEngine: engine.h for Java.
#include "approxlite/engine.h"

#include <ctime>

#include "jni/arrays.h"

using approxlite::java::copy;
using approxlite::java::handle;
using approxlite::java::object;
using approxlite::java::Text;

APPROX_JAVA(jint, NativeEngine, numericsVersion)(JNIEnv*, jclass) { return approx_numerics_version(); }

APPROX_JAVA(jstring, NativeEngine, version)(JNIEnv* env, jclass) { return env->NewStringUTF(approx_version()); }

APPROX_JAVA(jstring, NativeEngine, cpuFeatures)(JNIEnv* env, jclass) {
  return env->NewStringUTF(approx_cpu_features());
}

APPROX_JAVA(jstring, NativeEngine, variantName)(JNIEnv* env, jclass, jint index) {
  const char* name = approx_variant_name(index);
  return name == nullptr ? nullptr : env->NewStringUTF(name);
}

// Seconds of a clock that never goes back, sleep included.
APPROX_JAVA(jdouble, NativeEngine, clock)(JNIEnv*, jclass) {
  timespec time;
  clock_gettime(CLOCK_BOOTTIME, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

APPROX_JAVA(jlong, NativeEngine, create)(JNIEnv* env, jclass, jstring variant) {
  approx_engine* engine = nullptr;
  approx_engine_create(Text(env, variant).get(), &engine);
  return handle(engine);
}

APPROX_JAVA(void, NativeEngine, destroy)(JNIEnv*, jclass, jlong engine) {
  approx_engine_destroy(object<approx_engine>(engine));
}

APPROX_JAVA(jlong, NativeEngine, delegate)(JNIEnv*, jclass, jlong engine) {
  return handle(approx_engine_delegate(object<approx_engine>(engine)));
}

APPROX_JAVA(jstring, NativeEngine, error)(JNIEnv* env, jclass, jlong engine) {
  return env->NewStringUTF(approx_engine_error(object<approx_engine>(engine)));
}

APPROX_JAVA(jint, NativeEngine, setThreads)(JNIEnv*, jclass, jlong engine, jint threads) {
  return approx_engine_set_threads(object<approx_engine>(engine), threads);
}

// Of weights in a direct buffer, 0 with why in `error[0]`.
APPROX_JAVA(jlong, NativeEngine, viewWeights)(JNIEnv* env, jclass, jobject content, jobjectArray error) {
  approx_weights* weights = nullptr;
  char why[512] = "not in a direct buffer";
  const approx_status status =
      approx_weights_view(env->GetDirectBufferAddress(content),
                          static_cast<size_t>(env->GetDirectBufferCapacity(content)), &weights, why, sizeof why);
  if (status != APPROX_OK) env->SetObjectArrayElement(error, 0, env->NewStringUTF(why));
  return status == APPROX_OK ? handle(weights) : 0;
}

APPROX_JAVA(void, NativeEngine, closeWeights)(JNIEnv*, jclass, jlong weights) {
  approx_weights_close(object<approx_weights>(weights));
}

// Scales of all rungs one after the other, `scaleCounts` of them for each rung.
APPROX_JAVA(jint, NativeEngine, setLadder)
(JNIEnv* env, jclass, jlong engine, jobjectArray configurations, jobjectArray names, jlongArray weights,
 jintArray scaleCounts, jintArray scaleOperators, jfloatArray scaleValues, jintArray scaleZeroPoints) {
  const auto files = copy<jlong>(env, weights);
  const auto counts = copy<jint>(env, scaleCounts);
  const auto operators = copy<jint>(env, scaleOperators);
  const auto values = copy<jfloat>(env, scaleValues);
  const auto zero_points = copy<jint>(env, scaleZeroPoints);
  std::vector<approx_scale> scales(operators.size());
  for (size_t i = 0; i < scales.size(); ++i) scales[i] = {operators[i], values[i], zero_points[i]};
  std::vector<jstring> texts(2 * counts.size());
  std::vector<approx_rung> rungs(counts.size());
  const approx_scale* of_rung = scales.data();
  for (size_t i = 0; i < rungs.size(); ++i) {
    jstring configuration = texts[2 * i] =
        static_cast<jstring>(env->GetObjectArrayElement(configurations, static_cast<jsize>(i)));
    jstring name = texts[2 * i + 1] = static_cast<jstring>(env->GetObjectArrayElement(names, static_cast<jsize>(i)));
    rungs[i] = {.configuration = env->GetStringUTFChars(configuration, nullptr),
                .scales = of_rung,
                .scale_count = static_cast<size_t>(counts[i]),
                .weights = object<approx_weights>(files[i]),
                .name = env->GetStringUTFChars(name, nullptr)};
    of_rung += counts[i];
  }
  const approx_status status = approx_engine_set_ladder(object<approx_engine>(engine), rungs.data(), rungs.size());
  for (size_t i = 0; i < rungs.size(); ++i) {
    env->ReleaseStringUTFChars(texts[2 * i], rungs[i].configuration);
    env->ReleaseStringUTFChars(texts[2 * i + 1], rungs[i].name);
  }
  return status;
}

APPROX_JAVA(jint, NativeEngine, setRung)(JNIEnv*, jclass, jlong engine, jint rung) {
  return approx_engine_set_rung(object<approx_engine>(engine), rung);
}

APPROX_JAVA(jint, NativeEngine, rung)(JNIEnv*, jclass, jlong engine) {
  return approx_engine_rung(object<approx_engine>(engine));
}

APPROX_JAVA(jint, NativeEngine, operatorCount)(JNIEnv*, jclass, jlong engine) {
  return static_cast<jint>(approx_engine_operator_count(object<approx_engine>(engine)));
}

APPROX_JAVA(jstring, NativeEngine, operatorId)(JNIEnv* env, jclass, jlong engine, jint i) {
  approx_operator found;
  const approx_status status = approx_engine_operator(object<approx_engine>(engine), static_cast<size_t>(i), &found);
  return status == APPROX_OK ? env->NewStringUTF(found.id) : nullptr;
}

APPROX_JAVA(jlong, NativeEngine, multiplyAccumulates)(JNIEnv*, jclass, jlong engine, jint i) {
  approx_operator found;
  const approx_status status = approx_engine_operator(object<approx_engine>(engine), static_cast<size_t>(i), &found);
  return status == APPROX_OK ? found.multiply_accumulates : 0;
}

APPROX_JAVA(jstring, NativeEngine, knob)(JNIEnv* env, jclass, jlong engine, jint i, jint knob) {
  const char* text =
      approx_engine_knob(object<approx_engine>(engine), static_cast<size_t>(i), static_cast<size_t>(knob));
  return text == nullptr ? nullptr : env->NewStringUTF(text);
}

APPROX_JAVA(void, NativeEngine, timeOperators)(JNIEnv*, jclass, jlong engine, jboolean on) {
  approx_engine_time_operators(object<approx_engine>(engine), on);
}

APPROX_JAVA(void, NativeEngine, operatorTimes)(JNIEnv* env, jclass, jlong engine, jlongArray nanoseconds) {
  auto times = copy<jlong>(env, nanoseconds);
  if (approx_engine_operator_times(object<approx_engine>(engine), times.data(), times.size()) == APPROX_OK) {
    env->SetLongArrayRegion(nanoseconds, 0, static_cast<jsize>(times.size()), times.data());
  }
}

APPROX_JAVA(jstring, NativeEngine, rungKnob)(JNIEnv* env, jclass, jlong engine, jint rung, jint i) {
  const char* knob = approx_engine_rung_knob(object<approx_engine>(engine), rung, static_cast<size_t>(i));
  return knob == nullptr ? nullptr : env->NewStringUTF(knob);
}

APPROX_JAVA(jlong, NativeEngine, memoryBytes)(JNIEnv*, jclass, jlong engine) {
  return static_cast<jlong>(approx_engine_memory_bytes(object<approx_engine>(engine)));
}
