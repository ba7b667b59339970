// The C ABI of engine.h: checks pointers, then hands over.
#include <cstring>
#include <new>

#include "approxlite/engine.h"
#include "engine/engine.h"
#include "engine/version.h"

struct approx_engine final : approxlite::Engine {
  using Engine::Engine;
};

using approxlite::KernelTable;

extern "C" {

const char* approx_variant_name(int index) {
  const KernelTable* kernels = approxlite::kernels_at(index);
  return kernels != nullptr ? kernels->name : nullptr;
}

int approx_numerics_version(void) { return approxlite::kNumericsVersion; }

const char* approx_version(void) { return APPROXLITE_VERSION; }

const char* approx_cpu_features(void) { return approxlite::cpu_features(); }

approx_status approx_engine_create(const char* variant, approx_engine** out) {
  if (out == nullptr) return APPROX_INVALID_ARGUMENT;
  *out = nullptr;
  const KernelTable* kernels = variant != nullptr ? approxlite::kernels_named(variant) : &approxlite::best_kernels();
  if (kernels == nullptr) return APPROX_INVALID_ARGUMENT;
  *out = new (std::nothrow) approx_engine(*kernels);
  return *out != nullptr ? APPROX_OK : APPROX_OUT_OF_MEMORY;
}

approx_status approx_engine_set_threads(approx_engine* engine, int threads) {
  return engine != nullptr ? engine->set_threads(threads) : APPROX_INVALID_ARGUMENT;
}

namespace {

approx_status give_weights(std::shared_ptr<const approxlite::RungWeights> weights, const std::string& why,
                           approx_weights** out, char* error, size_t error_size) {
  *out = nullptr;
  if (weights != nullptr) *out = new (std::nothrow) approx_weights{std::move(weights)};
  if (*out != nullptr) return APPROX_OK;
  if (error != nullptr && error_size > 0) {
    std::strncpy(error, why.c_str(), error_size - 1);
    error[error_size - 1] = '\0';
  }
  return APPROX_INVALID_ARGUMENT;
}

}  // namespace

approx_status approx_weights_open(const char* path, uint64_t offset, uint64_t bytes, approx_weights** out, char* error,
                                  size_t error_size) {
  if (path == nullptr || out == nullptr) return APPROX_INVALID_ARGUMENT;
  std::string why;
  auto weights = approxlite::RungWeights::open(path, offset, bytes, &why);
  return give_weights(std::move(weights), why, out, error, error_size);
}

approx_status approx_weights_view(const void* content, size_t bytes, approx_weights** out, char* error,
                                  size_t error_size) {
  if (content == nullptr || out == nullptr) return APPROX_INVALID_ARGUMENT;
  std::string why;
  auto weights = approxlite::RungWeights::view(content, bytes, &why);
  return give_weights(std::move(weights), why, out, error, error_size);
}

void approx_weights_close(approx_weights* weights) { delete weights; }

void approx_engine_destroy(approx_engine* engine) {
  if (engine != nullptr) engine->release();
}

void* approx_engine_delegate(approx_engine* engine) { return engine != nullptr ? engine->delegate() : nullptr; }

const char* approx_engine_error(const approx_engine* engine) {
  return engine != nullptr ? engine->error() : "no engine";
}

approx_status approx_engine_set_ladder(approx_engine* engine, const approx_rung* rungs, size_t count) {
  return engine != nullptr ? engine->set_ladder(rungs, count) : APPROX_INVALID_ARGUMENT;
}

approx_status approx_engine_set_rung(approx_engine* engine, int rung) {
  return engine != nullptr ? engine->set_rung(rung) : APPROX_INVALID_ARGUMENT;
}

int approx_engine_rung(const approx_engine* engine) { return engine != nullptr ? engine->rung() : 0; }

int approx_engine_rung_count(const approx_engine* engine) { return engine != nullptr ? engine->rung_count() : 0; }

size_t approx_engine_operator_count(const approx_engine* engine) {
  return engine != nullptr ? engine->operator_count() : 0;
}

approx_status approx_engine_operator(const approx_engine* engine, size_t i, approx_operator* out) {
  return engine != nullptr ? engine->describe(i, out) : APPROX_INVALID_ARGUMENT;
}

size_t approx_engine_left_count(const approx_engine* engine) { return engine != nullptr ? engine->left_count() : 0; }

approx_status approx_engine_left(const approx_engine* engine, size_t i, approx_left* out) {
  return engine != nullptr ? engine->describe_left(i, out) : APPROX_INVALID_ARGUMENT;
}

const char* approx_engine_knob(const approx_engine* engine, size_t i, size_t knob) {
  return engine != nullptr ? engine->knob(i, knob) : nullptr;
}

const char* approx_engine_rung_knob(const approx_engine* engine, int rung, size_t i) {
  return engine != nullptr ? engine->rung_knob(rung, i) : nullptr;
}

void approx_engine_time_operators(approx_engine* engine, int on) {
  if (engine != nullptr) engine->time_operators(on != 0);
}

approx_status approx_engine_operator_times(const approx_engine* engine, int64_t* nanoseconds, size_t count) {
  return engine != nullptr ? engine->operator_times(nanoseconds, count) : APPROX_INVALID_ARGUMENT;
}

void approx_engine_observe_ranges(approx_engine* engine, int on) {
  if (engine != nullptr) engine->observe_ranges(on != 0);
}

approx_status approx_engine_range(const approx_engine* engine, size_t i, float* low, float* high) {
  return engine != nullptr ? engine->range(i, low, high) : APPROX_INVALID_ARGUMENT;
}

approx_status approx_engine_tap(approx_engine* engine, size_t i, approx_side side, float* values, size_t count) {
  if (engine == nullptr || (side != APPROX_INPUT && side != APPROX_OUTPUT)) return APPROX_INVALID_ARGUMENT;
  return engine->tap(i, side == APPROX_OUTPUT, values, count);
}

size_t approx_engine_memory_bytes(const approx_engine* engine) { return engine != nullptr ? engine->bytes() : 0; }

}  // extern "C"
