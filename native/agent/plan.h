// What is to be measured: plan.jsonl, docs/agent-protocol.md. Its bytes come from elsewhere and are not trusted.
#ifndef APPROXLITE_AGENT_PLAN_H_
#define APPROXLITE_AGENT_PLAN_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace approxlite::agent {

// Longest line and longest plan, in bytes.
inline constexpr size_t kLongestLine = 1 << 20;
inline constexpr size_t kLongestPlan = 64 << 20;
// Most times at which a block reads power facilities.
inline constexpr int64_t kMostReadings = 20'000;

enum class Subject { kApproxlite, kStock, kIdle };

// A fixed 8-bit grid of one operator's input: real = scale * (quantised - zero_point).
struct Grid {
  std::string operator_id;
  float scale;         // > 0, finite
  int32_t zero_point;  // 0..255
  bool operator==(const Grid&) const = default;
};

struct Block {
  int64_t number = 0;  // from 0 on
  Subject subject = Subject::kApproxlite;
  std::string configuration = "exact";
  std::vector<Grid> scales;
  int64_t inferences = 0;  // counted ones, at least
  int64_t uncounted = 0;   // before them
  bool operators = false;  // time each operator, in as many further runs
  double seconds = 0;      // how long the counted part takes at least
  int64_t gap_ms = 0;      // between inferences
  int64_t readings_ms = 0; // between readings of power facilities; 0: at begin and end only
  double longest_s = 60;   // then the block is ended
  double hottest_c = 0;    // waits until every sensor is below; 0: does not wait
};

// One line. False, with what is wrong in `error`, for anything but one object with known members in their ranges.
bool parse_block(std::string_view line, Block* out, std::string* error);

enum class PlanRead {
  kRead,
  kGrowing,  // the last line is not whole yet; what comes before it was read
  kUnusable  // `error` says why, in one line
};

// A whole plan. Empty lines are passed over; numbers of blocks are unique.
PlanRead parse_plan(std::string_view text, std::vector<Block>* out, std::string* error);

// The plan in the file `path`.
PlanRead read_plan(const std::string& path, std::vector<Block>* out, std::string* error);

}  // namespace approxlite::agent

#endif  // APPROXLITE_AGENT_PLAN_H_
