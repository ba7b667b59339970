// dev.approxlite.NativeFrontend: frontend.h for Java.
#include "approxlite/frontend.h"

#include "jni/arrays.h"

using approxlite::java::handle;
using approxlite::java::object;

// For keyword models; 0: out of memory.
APPROX_JAVA(jlong, NativeFrontend, createKeyword)(JNIEnv*, jclass) {
  const approx_mfcc_settings settings = approx_mfcc_keyword();
  approx_mfcc* mfcc = nullptr;
  return approx_mfcc_create(&settings, &mfcc) == APPROX_OK ? handle(mfcc) : 0;
}

APPROX_JAVA(void, NativeFrontend, destroy)(JNIEnv*, jclass, jlong mfcc) {
  approx_mfcc_destroy(object<approx_mfcc>(mfcc));
}

// Null: `sound` has not one whole frame.
APPROX_JAVA(jfloatArray, NativeFrontend, compute)(JNIEnv* env, jclass, jlong mfcc, jshortArray sound) {
  const jsize samples = env->GetArrayLength(sound);
  const size_t frames = static_cast<size_t>(approx_mfcc_frames(object<approx_mfcc>(mfcc), samples));
  std::vector<int16_t> copied(static_cast<size_t>(samples));
  std::vector<float> features(frames * static_cast<size_t>(approx_mfcc_keyword().coefficients));
  env->GetShortArrayRegion(sound, 0, samples, copied.data());
  if (approx_mfcc_compute(object<approx_mfcc>(mfcc), copied.data(), samples, features.data()) != APPROX_OK) {
    return nullptr;
  }
  const jfloatArray made = env->NewFloatArray(static_cast<jsize>(features.size()));
  if (made != nullptr) env->SetFloatArrayRegion(made, 0, static_cast<jsize>(features.size()), features.data());
  return made;
}
