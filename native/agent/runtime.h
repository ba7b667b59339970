// TensorFlow Lite's C API, from whatever library brings it: the functions that the agent calls, by their own names.
#ifndef APPROXLITE_AGENT_RUNTIME_H_
#define APPROXLITE_AGENT_RUNTIME_H_

#include <cstdarg>
#include <cstddef>
#include <cstdint>
#include <string>

#include "delegate/xnnpack_options.h"

namespace approxlite::agent {

using tflite::XnnpackOptions;

struct TfLiteModel;
struct TfLiteOptions;
struct TfLiteInterpreter;
struct TfLiteTensor;
struct TfLiteDelegate;

struct Runtime {
  const char* (*Version)();
  TfLiteModel* (*ModelCreateFromFile)(const char* path);
  void (*ModelDelete)(TfLiteModel*);
  TfLiteOptions* (*InterpreterOptionsCreate)();
  void (*InterpreterOptionsDelete)(TfLiteOptions*);
  void (*InterpreterOptionsSetNumThreads)(TfLiteOptions*, int32_t);
  void (*InterpreterOptionsAddDelegate)(TfLiteOptions*, TfLiteDelegate*);
  void (*InterpreterOptionsSetErrorReporter)(TfLiteOptions*, void (*)(void*, const char*, va_list), void*);
  TfLiteInterpreter* (*InterpreterCreate)(const TfLiteModel*, const TfLiteOptions*);
  void (*InterpreterDelete)(TfLiteInterpreter*);
  int (*InterpreterAllocateTensors)(TfLiteInterpreter*);
  int (*InterpreterInvoke)(TfLiteInterpreter*);
  int32_t (*InterpreterGetInputTensorCount)(const TfLiteInterpreter*);
  TfLiteTensor* (*InterpreterGetInputTensor)(const TfLiteInterpreter*, int32_t);
  int32_t (*InterpreterGetOutputTensorCount)(const TfLiteInterpreter*);
  const TfLiteTensor* (*InterpreterGetOutputTensor)(const TfLiteInterpreter*, int32_t);
  int (*TensorType)(const TfLiteTensor*);
  size_t (*TensorByteSize)(const TfLiteTensor*);
  void* (*TensorData)(const TfLiteTensor*);
  // Missing where the library applies XNNPACK by itself.
  TfLiteDelegate* (*XNNPackDelegateCreate)(const XnnpackOptions*);
  void (*XNNPackDelegateDelete)(TfLiteDelegate*);
  XnnpackOptions (*XNNPackDelegateOptionsDefault)();
};

// Loads `path`; it stays loaded. False with one line in `error` when it cannot be, or is no such library.
bool load_runtime(const std::string& path, Runtime* out, std::string* error);

}  // namespace approxlite::agent

#endif  // APPROXLITE_AGENT_RUNTIME_H_
