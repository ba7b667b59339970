// What a session was created with, in its own memory.
#ifndef APPROXLITE_CONTROLLER_FACTS_H_
#define APPROXLITE_CONTROLLER_FACTS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "approxlite/controller.h"

namespace approxlite {

struct Rung {
  float cost_ms, slow_ms, energy_mj;      // NaN if nobody measured it
  std::unique_ptr<int32_t[]> class_map;   // null: exact's classes
  size_t class_count = 0;
};

struct Candidate {
  std::array<approx_stage, APPROX_MAX_RUNGS> stages;
  size_t stage_count = 0;
  float energy_mj;
  float reuse_change;
};

// Immutable once copied.
struct Facts {
  // False if any option is out of the range that controller.h gives.
  static bool valid(const approx_session_options& options);
  // Takes up `options`, which must be valid. False when memory is short.
  bool copy(const approx_session_options& options);

  // Place of the cheapest candidate that may be followed.
  int32_t last() const { return certified - 1; }
  // Exact's class for one of `rung`'s; -1 for none.
  int32_t class_of(int32_t rung, int32_t top) const;

  std::array<Rung, APPROX_MAX_RUNGS> rungs;
  std::array<Candidate, APPROX_MAX_CANDIDATES> candidates;
  int32_t rung_count = 0, candidate_count = 0, certified = 0, exact_rung = 0;
  int32_t confidence = 0;
  approx_agreement agreement{};
  approx_rule_options rule{};  // its confidence_table is ours
  std::unique_ptr<float[]> confidence_table;
  size_t output_count = 0;
};

}  // namespace approxlite

#endif  // APPROXLITE_CONTROLLER_FACTS_H_
