// libapproxlite as a program loads it: the functions of engine.h that the agent calls.
#ifndef APPROXLITE_AGENT_ENGINE_LIBRARY_H_
#define APPROXLITE_AGENT_ENGINE_LIBRARY_H_

#include <string>

#include "approxlite/engine.h"

namespace approxlite::agent {

struct EngineLibrary {
  decltype(&approx_variant_name) variant_name;
  decltype(&approx_numerics_version) numerics_version;
  decltype(&approx_cpu_features) cpu_features;
  decltype(&approx_engine_create) create;
  decltype(&approx_engine_set_threads) set_threads;
  decltype(&approx_engine_destroy) destroy;
  decltype(&approx_engine_delegate) delegate;
  decltype(&approx_engine_error) error;
  decltype(&approx_engine_set_ladder) set_ladder;
  decltype(&approx_engine_set_rung) set_rung;
  decltype(&approx_engine_operator_count) operator_count;
  decltype(&approx_engine_operator) op;
  decltype(&approx_engine_knob) knob;
  decltype(&approx_engine_time_operators) time_operators;
  decltype(&approx_engine_operator_times) operator_times;
};

// Loads `path`; it stays loaded. False with one line in `error` when it cannot be, or is no such library.
bool load_engine(const std::string& path, EngineLibrary* out, std::string* error);

}  // namespace approxlite::agent

#endif  // APPROXLITE_AGENT_ENGINE_LIBRARY_H_
