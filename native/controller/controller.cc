// The C face of the controller: checks arguments, owns memory, decides nothing.
#include "approxlite/controller.h"

#include <array>
#include <limits>
#include <memory>
#include <new>

#include "controller/confidence.h"
#include "controller/session.h"

struct approx_session {
  std::unique_ptr<approxlite::Session> session;
};

const char* approx_reason_name(int reason) {
  static constexpr std::array kNames{
      "first_stage", "confident", "unsure", "last_stage",        "not_finite", "pinned", "alarm", "unchanged",
      "stable",      "unstable",  "budget", "budget_infeasible", "deadline",   "late",   "heat",  "cool",
      "canary",      "no_canary", "agrees", "differs",           "tripwire"};
  static_assert(kNames.size() == APPROX_REASON_TRIPWIRE + 1);
  return reason >= 0 && static_cast<size_t>(reason) < kNames.size() ? kNames[reason] : "unknown";
}

approx_status approx_session_create(const approx_session_options* options, approx_session** out) {
  if (options == nullptr || out == nullptr || !approxlite::Facts::valid(*options)) return APPROX_INVALID_ARGUMENT;
  auto session = approxlite::Session::create(*options);
  if (session == nullptr) return APPROX_OUT_OF_MEMORY;
  *out = new (std::nothrow) approx_session{std::move(session)};
  return *out == nullptr ? APPROX_OUT_OF_MEMORY : APPROX_OK;
}

void approx_session_destroy(approx_session* session) { delete session; }

approx_status approx_session_pin(approx_session* session, int32_t rung) {
  if (session == nullptr || rung >= session->session->facts().rung_count) return APPROX_INVALID_ARGUMENT;
  session->session->pin(rung);
  return APPROX_OK;
}

approx_status approx_session_begin(approx_session* session, const approx_context* context, approx_step* step) {
  if (session == nullptr || step == nullptr) return APPROX_INVALID_ARGUMENT;
  *step = session->session->begin(context);
  return APPROX_OK;
}

approx_status approx_session_observe(approx_session* session, const float* output, size_t count, float latency_ms,
                                     float energy_mj, approx_step* step) {
  if (session == nullptr || output == nullptr || step == nullptr) return APPROX_INVALID_ARGUMENT;
  if (!session->session->running()) return APPROX_NOT_READY;
  if (!session->session->fits(count)) return APPROX_INVALID_ARGUMENT;
  *step = session->session->observe(output, count, latency_ms, energy_mj);
  return APPROX_OK;
}

approx_status approx_session_finish(approx_session* session, approx_step* step) {
  if (session == nullptr || step == nullptr) return APPROX_INVALID_ARGUMENT;
  if (!session->session->answered()) return APPROX_NOT_READY;
  *step = session->session->finish();
  return APPROX_OK;
}

approx_status approx_session_check(approx_session* session, const float* output, size_t count, float latency_ms,
                                   float energy_mj, approx_step* step) {
  if (session == nullptr || output == nullptr || step == nullptr) return APPROX_INVALID_ARGUMENT;
  if (!session->session->checking()) return APPROX_NOT_READY;
  if (!session->session->fits(count)) return APPROX_INVALID_ARGUMENT;
  *step = session->session->check(output, count, latency_ms, energy_mj);
  return APPROX_OK;
}

float approx_confidence_of(int32_t kind, const float* output, size_t count) {
  if (output == nullptr || count == 0) return std::numeric_limits<float>::quiet_NaN();
  return approxlite::confidence_of(kind, output, count);
}
