#include "agent/runtime.h"

#include "agent/library.h"

namespace approxlite::agent {

bool load_runtime(const std::string& path, Runtime* out, std::string* error) {
  Library library;
  if (!library.open(path, error)) return false;
  const auto find = [&](const char* name, auto** function) { return library.find(name, function, error); };
  *out = Runtime();
  // All three or none.
  if (!library.find("TfLiteXNNPackDelegateCreate", &out->XNNPackDelegateCreate, nullptr) ||
      !library.find("TfLiteXNNPackDelegateDelete", &out->XNNPackDelegateDelete, nullptr) ||
      !library.find("TfLiteXNNPackDelegateOptionsDefault", &out->XNNPackDelegateOptionsDefault, nullptr)) {
    out->XNNPackDelegateCreate = nullptr;
  }
  return find("TfLiteVersion", &out->Version) && find("TfLiteModelCreateFromFile", &out->ModelCreateFromFile) &&
         find("TfLiteModelDelete", &out->ModelDelete) &&
         find("TfLiteInterpreterOptionsCreate", &out->InterpreterOptionsCreate) &&
         find("TfLiteInterpreterOptionsDelete", &out->InterpreterOptionsDelete) &&
         find("TfLiteInterpreterOptionsSetNumThreads", &out->InterpreterOptionsSetNumThreads) &&
         find("TfLiteInterpreterOptionsAddDelegate", &out->InterpreterOptionsAddDelegate) &&
         find("TfLiteInterpreterOptionsSetErrorReporter", &out->InterpreterOptionsSetErrorReporter) &&
         find("TfLiteInterpreterCreate", &out->InterpreterCreate) &&
         find("TfLiteInterpreterDelete", &out->InterpreterDelete) &&
         find("TfLiteInterpreterAllocateTensors", &out->InterpreterAllocateTensors) &&
         find("TfLiteInterpreterInvoke", &out->InterpreterInvoke) &&
         find("TfLiteInterpreterGetInputTensorCount", &out->InterpreterGetInputTensorCount) &&
         find("TfLiteInterpreterGetInputTensor", &out->InterpreterGetInputTensor) &&
         find("TfLiteInterpreterGetOutputTensorCount", &out->InterpreterGetOutputTensorCount) &&
         find("TfLiteInterpreterGetOutputTensor", &out->InterpreterGetOutputTensor) &&
         find("TfLiteTensorType", &out->TensorType) && find("TfLiteTensorByteSize", &out->TensorByteSize) &&
         find("TfLiteTensorData", &out->TensorData);
}

}  // namespace approxlite::agent
