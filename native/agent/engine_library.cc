#include "agent/engine_library.h"

#include "agent/library.h"

namespace approxlite::agent {

bool load_engine(const std::string& path, EngineLibrary* out, std::string* error) {
  Library library;
  if (!library.open(path, error)) return false;
  const auto find = [&](const char* name, auto** function) { return library.find(name, function, error); };
  return find("approx_variant_name", &out->variant_name) && find("approx_numerics_version", &out->numerics_version) &&
         find("approx_cpu_features", &out->cpu_features) && find("approx_engine_create", &out->create) &&
         find("approx_engine_set_threads", &out->set_threads) && find("approx_engine_destroy", &out->destroy) &&
         find("approx_engine_delegate", &out->delegate) && find("approx_engine_error", &out->error) &&
         find("approx_engine_set_ladder", &out->set_ladder) && find("approx_engine_set_rung", &out->set_rung) &&
         find("approx_engine_operator_count", &out->operator_count) && find("approx_engine_operator", &out->op) &&
         find("approx_engine_knob", &out->knob) && find("approx_engine_time_operators", &out->time_operators) &&
         find("approx_engine_operator_times", &out->operator_times);
}

}  // namespace approxlite::agent
