// dev.approxlite.NativeStock: XNNPACK of the TensorFlow Lite that the app has loaded, which its Java interface does not
// apply by itself.
#include <dlfcn.h>

#include "delegate/xnnpack_options.h"
#include "jni/arrays.h"

using approxlite::java::handle;
using approxlite::java::object;
using approxlite::tflite::XnnpackOptions;

namespace {

template <class Function>
Function* find(const char* name) {
  // Java loaded it for itself alone, so the loader has to be asked for it by name.
  void* const runtime = dlopen("libtensorflowlite_jni.so", RTLD_NOW | RTLD_NOLOAD);
  return runtime == nullptr ? nullptr : reinterpret_cast<Function*>(dlsym(runtime, name));
}

}  // namespace

// A TfLiteDelegate*, 0 where the runtime has no XNNPACK.
APPROX_JAVA(jlong, NativeStock, create)(JNIEnv*, jclass, jint threads) {
  const auto defaults = find<XnnpackOptions()>("TfLiteXNNPackDelegateOptionsDefault");
  const auto create = find<void*(const XnnpackOptions*)>("TfLiteXNNPackDelegateCreate");
  if (defaults == nullptr || create == nullptr) return 0;
  XnnpackOptions options = defaults();
  options.num_threads = threads;
  return handle(create(&options));
}

APPROX_JAVA(void, NativeStock, destroy)(JNIEnv*, jclass, jlong delegate) {
  if (const auto destroy = find<void(void*)>("TfLiteXNNPackDelegateDelete")) destroy(object<void>(delegate));
}
