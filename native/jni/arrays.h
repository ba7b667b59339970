// Java's arrays and texts for the length of a call.
#ifndef APPROXLITE_JNI_ARRAYS_H_
#define APPROXLITE_JNI_ARRAYS_H_

#include <jni.h>

#include <type_traits>
#include <vector>

namespace approxlite::java {

// A copy of an array of int, long, float or double; empty of null.
template <class Value>
std::vector<Value> copy(JNIEnv* env, jarray array) {
  std::vector<Value> values(array == nullptr ? 0 : static_cast<size_t>(env->GetArrayLength(array)));
  const jsize count = static_cast<jsize>(values.size());
  if (count == 0) return values;
  if constexpr (std::is_same_v<Value, jint>)
    env->GetIntArrayRegion(static_cast<jintArray>(array), 0, count, values.data());
  if constexpr (std::is_same_v<Value, jlong>)
    env->GetLongArrayRegion(static_cast<jlongArray>(array), 0, count, values.data());
  if constexpr (std::is_same_v<Value, jfloat>)
    env->GetFloatArrayRegion(static_cast<jfloatArray>(array), 0, count, values.data());
  if constexpr (std::is_same_v<Value, jdouble>)
    env->GetDoubleArrayRegion(static_cast<jdoubleArray>(array), 0, count, values.data());
  return values;
}

// The characters of a text, null of null, while this lives.
class Text {
 public:
  Text(JNIEnv* env, jstring text)
      : env_(env), text_(text), characters_(text == nullptr ? nullptr : env->GetStringUTFChars(text, nullptr)) {}
  ~Text() {
    if (characters_ != nullptr) env_->ReleaseStringUTFChars(text_, characters_);
  }
  Text(const Text&) = delete;
  Text& operator=(const Text&) = delete;
  const char* get() const { return characters_; }

 private:
  JNIEnv* env_;
  jstring text_;
  const char* characters_;
};

template <class Object>
Object* object(jlong handle) {
  return reinterpret_cast<Object*>(handle);
}

inline jlong handle(const void* object) { return reinterpret_cast<jlong>(object); }

}  // namespace approxlite::java

#define APPROX_JAVA(type, of, name) extern "C" JNIEXPORT type JNICALL Java_dev_approxlite_##of##_##name
#endif  // APPROXLITE_JNI_ARRAYS_H_
