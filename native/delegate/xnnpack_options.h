// What TfLiteXNNPackDelegateOptionsDefault returns and TfLiteXNNPackDelegateCreate takes, in any version of TensorFlow
// Lite: both are looked up by name at run time, so their own header is not there.
#ifndef APPROXLITE_DELEGATE_XNNPACK_OPTIONS_H_
#define APPROXLITE_DELEGATE_XNNPACK_OPTIONS_H_

#include <cstdint>

namespace approxlite::tflite {

// Grows at its end with versions, so there is room for more. Only ever passed by address.
struct XnnpackOptions {
  int32_t num_threads;
  char more[508];
};

}  // namespace approxlite::tflite

#endif  // APPROXLITE_DELEGATE_XNNPACK_OPTIONS_H_
