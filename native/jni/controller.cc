// dev.approxlite.NativeController: controller.h for Java.
#include "approxlite/controller.h"

#include <bit>
#include <limits>

#include "jni/arrays.h"

using approxlite::java::copy;
using approxlite::java::handle;
using approxlite::java::object;

namespace {

// action, rung, reason, bits of evidence, candidate
jint give(JNIEnv* env, approx_status status, const approx_step& step, jintArray to) {
  const jint words[] = {step.action, step.rung, step.reason, std::bit_cast<jint>(step.evidence), step.candidate};
  if (status == APPROX_OK) env->SetIntArrayRegion(to, 0, 5, words);
  return status;
}

template <class Take>
jint take_output(JNIEnv* env, Take take, jlong session, jfloatArray output, jint count, jfloat latency_ms,
                 jfloat energy_mj, jintArray to) {
  approx_step step{};
  if (count < 0 || count > env->GetArrayLength(output)) return APPROX_INVALID_ARGUMENT;
  auto* values = static_cast<float*>(env->GetPrimitiveArrayCritical(output, nullptr));
  if (values == nullptr) return APPROX_OUT_OF_MEMORY;
  const approx_status status =
      take(object<approx_session>(session), values, static_cast<size_t>(count), latency_ms, energy_mj, &step);
  env->ReleasePrimitiveArrayCritical(output, values, JNI_ABORT);
  return give(env, status, step, to);
}

}  // namespace

// `rungFacts`: cost_ms, slow_ms, energy_mj of each rung; `classMaps`: an array or null for each. `stageCounts`: for
// each candidate, of the stages that `stageRungs` and `stageThresholds` hold one after the other; `candidateFacts`:
// energy_mj, reuse_change of each. `whole`: certified, exact_rung, confidence, loss, classes, rule, candidate, growth,
// as_published, class_count, output_count. `real`: tolerance, energy_j_per_hour, battery_target, battery_capacity_j,
// idle_w, deadline_ms, headroom_limit. 0: an option is out of its range.
APPROX_JAVA(jlong, NativeController, create)
(JNIEnv* env, jclass, jfloatArray rungFacts, jobjectArray classMaps, jintArray stageCounts, jintArray stageRungs,
 jfloatArray stageThresholds, jfloatArray candidateFacts, jintArray whole, jfloatArray real, jdouble batteryTargetTimeS,
 jfloatArray confidenceTable, jlong guard) {
  const auto facts = copy<jfloat>(env, rungFacts);
  std::vector<approx_rung_facts> rungs(facts.size() / 3);
  std::vector<std::vector<jint>> maps(rungs.size());
  for (size_t i = 0; i < rungs.size(); ++i) {
    const jobject map = env->GetObjectArrayElement(classMaps, static_cast<jsize>(i));
    maps[i] = copy<jint>(env, static_cast<jarray>(map));
    rungs[i] = {facts[3 * i], facts[3 * i + 1], facts[3 * i + 2], map == nullptr ? nullptr : maps[i].data(),
                maps[i].size()};
    env->DeleteLocalRef(map);
  }
  const auto counts = copy<jint>(env, stageCounts);
  const auto stage_rungs = copy<jint>(env, stageRungs);
  const auto thresholds = copy<jfloat>(env, stageThresholds);
  const auto of_candidates = copy<jfloat>(env, candidateFacts);
  std::vector<approx_stage> stages(stage_rungs.size());
  for (size_t i = 0; i < stages.size(); ++i) stages[i] = {stage_rungs[i], thresholds[i]};
  std::vector<approx_candidate> candidates(counts.size());
  const approx_stage* first = stages.data();
  for (size_t i = 0; i < candidates.size(); ++i) {
    candidates[i] = {first, static_cast<size_t>(counts[i]), std::numeric_limits<float>::quiet_NaN(),
                     of_candidates[2 * i], of_candidates[2 * i + 1]};
    first += counts[i];
  }
  const auto n = copy<jint>(env, whole);
  const auto x = copy<jfloat>(env, real);
  const auto table = copy<jfloat>(env, confidenceTable);
  const approx_session_options options{
      .rungs = rungs.data(),
      .rung_count = rungs.size(),
      .candidates = candidates.data(),
      .candidate_count = candidates.size(),
      .certified = static_cast<size_t>(n[0]),
      .exact_rung = n[1],
      .confidence = n[2],
      .agreement = {.loss = n[3], .classes = n[4], .tolerance = x[0]},
      .rule = {.rule = n[5],
               .candidate = n[6],
               .growth = n[7],
               .as_published = n[8],
               .confidence_table = table.empty() ? nullptr : table.data(),
               .class_count = static_cast<size_t>(n[9]),
               .energy_j_per_hour = x[1],
               .battery_target = x[2],
               .battery_target_time_s = batteryTargetTimeS,
               .battery_capacity_j = x[3],
               .idle_w = x[4],
               .deadline_ms = x[5],
               .headroom_limit = x[6]},
      .guard = object<approx_guard>(guard),
      .output_count = static_cast<size_t>(n[10]),
  };
  approx_session* session = nullptr;
  return approx_session_create(&options, &session) == APPROX_OK ? handle(session) : 0;
}

APPROX_JAVA(void, NativeController, destroy)(JNIEnv*, jclass, jlong session) {
  approx_session_destroy(object<approx_session>(session));
}

APPROX_JAVA(jint, NativeController, pin)(JNIEnv*, jclass, jlong session, jint rung) {
  return approx_session_pin(object<approx_session>(session), rung);
}

APPROX_JAVA(jint, NativeController, begin)
(JNIEnv* env, jclass, jlong session, jdouble timeS, jfloat inputChange, jfloat deadlineMs, jfloat battery,
 jint charging, jfloat thermalHeadroom, jintArray to) {
  const approx_context context{timeS, inputChange, deadlineMs, battery, charging, thermalHeadroom};
  approx_step step{};
  const approx_status status = approx_session_begin(object<approx_session>(session), &context, &step);
  return give(env, status, step, to);
}

APPROX_JAVA(jint, NativeController, observe)
(JNIEnv* env, jclass, jlong session, jfloatArray output, jint count, jfloat latencyMs, jfloat energyMj, jintArray to) {
  return take_output(env, approx_session_observe, session, output, count, latencyMs, energyMj, to);
}

APPROX_JAVA(jint, NativeController, finish)(JNIEnv* env, jclass, jlong session, jintArray to) {
  approx_step step{};
  const approx_status status = approx_session_finish(object<approx_session>(session), &step);
  return give(env, status, step, to);
}

APPROX_JAVA(jint, NativeController, check)
(JNIEnv* env, jclass, jlong session, jfloatArray output, jint count, jfloat latencyMs, jfloat energyMj, jintArray to) {
  return take_output(env, approx_session_check, session, output, count, latencyMs, energyMj, to);
}
