// The C face of the controller: checks arguments, owns memory, decides nothing.
#include "approxlite/controller.h"

#include <limits>
#include <new>

#include "controller/confidence.h"
#include "controller/session.h"

struct approx_session {
  approxlite::Session session;
};

const char* approx_reason_name(int reason) {
  switch (reason) {
    case APPROX_REASON_FIRST_STAGE: return "first_stage";
    case APPROX_REASON_CONFIDENT: return "confident";
    case APPROX_REASON_UNSURE: return "unsure";
    case APPROX_REASON_LAST_STAGE: return "last_stage";
    case APPROX_REASON_NOT_FINITE: return "not_finite";
    default: return "unknown";
  }
}

approx_status approx_session_create(const approx_session_options* options, approx_session** out) {
  if (options == nullptr || out == nullptr || !approxlite::Session::valid(*options)) return APPROX_INVALID_ARGUMENT;
  auto* session = new (std::nothrow) approx_session{approxlite::Session(*options)};
  if (session == nullptr) return APPROX_OUT_OF_MEMORY;
  *out = session;
  return APPROX_OK;
}

void approx_session_destroy(approx_session* session) { delete session; }

approx_status approx_session_begin(approx_session* session, approx_step* step) {
  if (session == nullptr || step == nullptr) return APPROX_INVALID_ARGUMENT;
  *step = session->session.begin();
  return APPROX_OK;
}

approx_status approx_session_observe(approx_session* session, const float* output, size_t count, approx_step* step) {
  if (session == nullptr || output == nullptr || count == 0 || step == nullptr) return APPROX_INVALID_ARGUMENT;
  if (!session->session.running()) return APPROX_NOT_READY;
  *step = session->session.observe(output, count);
  return APPROX_OK;
}

float approx_confidence_of(int32_t kind, const float* output, size_t count) {
  if (output == nullptr || count == 0) return std::numeric_limits<float>::quiet_NaN();
  return approxlite::confidence_of(kind, output, count);
}
