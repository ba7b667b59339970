// Rows as they stand in rows.jsonl, without end of line.
#ifndef APPROXLITE_AGENT_ROW_TEXT_H_
#define APPROXLITE_AGENT_ROW_TEXT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "agent/measure.h"

namespace approxlite::agent {

struct OperatorKnobs {
  std::string id;
  std::vector<std::string> knobs;  // "exact" first
  int64_t multiply_accumulates;
};

struct Opening {
  std::string agent;  // name and version
  std::string model_sha256;
  int numerics_version;
  std::string kernel_variant, features, runtime_version;
  std::vector<OperatorKnobs> operators;
  double time_s;
  std::string boot_id;
};

std::string opening_row(const Opening& opening);
std::string block_row(const Block& block, const Measured& measured, const std::vector<std::string>& sources);
std::string end_row(const std::string& why, double time_s);

// No row of `block` is longer, in bytes, give or take what sensors are called.
size_t longest_row(const Block& block, size_t sources, size_t operators);

}  // namespace approxlite::agent

#endif  // APPROXLITE_AGENT_ROW_TEXT_H_
