// The entry points that TFLite's own tools and `load_delegate` look for. One option: `ladder`, configurations joined by
// ';'. They are checked when the runtime hands over its model.
#include <algorithm>
#include <string>
#include <vector>

#include "approxlite/engine.h"
#include "delegate/tflite_abi.h"

namespace {

bool set_ladder(approx_engine* engine, const std::string& text) {
  std::vector<std::string> configurations;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(';', begin), text.size());
    configurations.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  std::vector<approx_rung> rungs;
  for (const std::string& configuration : configurations) rungs.push_back({configuration.c_str(), nullptr, 0});
  return approx_engine_set_ladder(engine, rungs.data(), rungs.size()) == APPROX_OK;
}

}  // namespace

extern "C" {

APPROX_EXPORT void* tflite_plugin_create_delegate(const char* const* keys, const char* const* values, size_t count,
                                                  void (*report_error)(const char*)) {
  approx_engine* engine = nullptr;
  if (approx_engine_create(nullptr, &engine) != APPROX_OK) return nullptr;
  for (size_t i = 0; i < count; ++i) {
    const std::string key = keys[i];
    if (key == "ladder" && set_ladder(engine, values[i])) continue;
    const std::string error =
        key == "ladder" ? approx_engine_error(engine) : "approxlite: unknown option '" + key + "'; known: ladder";
    if (report_error != nullptr) report_error(error.c_str());
    approx_engine_destroy(engine);
    return nullptr;
  }
  return approx_engine_delegate(engine);
}

APPROX_EXPORT void tflite_plugin_destroy_delegate(void* delegate) {
  if (delegate == nullptr) return;
  approx_engine_destroy(static_cast<approx_engine*>(static_cast<approxlite::tflite::Delegate*>(delegate)->data));
}

}  // extern "C"
