#include "agent/plan.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <set>
#include <unordered_set>

#include "agent/file.h"
#include "engine/text.h"

namespace approxlite::agent {
namespace {

using Json = nlohmann::json;

constexpr int64_t kMostInferences = 10'000'000;
constexpr int64_t kLargestNumber = int64_t{1} << 53;  // what JSON carries without loss
constexpr double kLongestSeconds = 86'400;
constexpr size_t kMostScales = 4096;
constexpr int kDeepest = 2;  // the block, its scales; a grid within them is the innermost

// Watches what a parser reads: too deep, or one name twice in an object, of which a parser keeps any.
class Watch {
 public:
  bool operator()(int depth, Json::parse_event_t event, const Json& value) {
    using Event = Json::parse_event_t;
    if (event == Event::object_start) names_.emplace_back();
    if (event == Event::object_end && !names_.empty()) names_.pop_back();
    if (event == Event::key && !names_.back().insert(value.get_ref<const std::string&>()).second && problem_.empty()) {
      problem_ = "'" + value.get<std::string>() + "' is there twice";
    }
    if ((event == Event::object_start || event == Event::array_start) && depth > kDeepest) {
      problem_ = "nested too deep";
      return false;
    }
    return true;
  }
  const std::string& problem() const { return problem_; }

 private:
  std::vector<std::set<std::string>> names_;
  std::string problem_;
};

class Reader {
 public:
  Reader(Block* block, std::string* error) : block_(*block), error_(*error) {}

  bool member(const std::string& name, const Json& value) {
    if (name == "block") return whole(name, value, kLargestNumber, &block_.number);
    if (name == "subject") return subject(value);
    if (name == "configuration") return text(name, value, &block_.configuration);
    if (name == "scales") return scales(value);
    if (name == "inferences") return whole(name, value, kMostInferences, &block_.inferences);
    if (name == "uncounted") return whole(name, value, kMostInferences, &block_.uncounted);
    if (name == "operators") return truth(name, value, &block_.operators);
    if (name == "seconds") return real(name, value, kLongestSeconds, &block_.seconds);
    if (name == "gap_ms") return whole(name, value, 60'000, &block_.gap_ms);
    if (name == "readings_ms") return whole(name, value, 3'600'000, &block_.readings_ms);
    if (name == "longest_s") return real(name, value, kLongestSeconds, &block_.longest_s);
    if (name == "hottest_c") return real(name, value, 150, &block_.hottest_c);
    return fail(format("unknown member '%.64s'", name.c_str()));
  }

  bool whole_block(const Json& object) {
    if (!object.contains("block")) return fail("'block' is missing");
    if (!object.contains("subject")) return fail("'subject' is missing");
    if (block_.longest_s <= 0) return fail("'longest_s' is not above 0");
    if (block_.readings_ms > 0 && block_.longest_s * 1e3 / static_cast<double>(block_.readings_ms) > kMostReadings) {
      return fail(format("'readings_ms' gives more than %lld readings within 'longest_s'",
                         static_cast<long long>(kMostReadings)));
    }
    if (block_.subject == Subject::kIdle) {
      return block_.seconds > 0 || fail("'seconds' is not above 0, and idle lasts so long");
    }
    return block_.inferences > 0 || block_.seconds > 0 || fail("neither 'inferences' nor 'seconds' is above 0");
  }

 private:
  bool fail(std::string what) {
    error_ = std::move(what);
    return false;
  }

  bool whole(const std::string& name, const Json& value, int64_t most, int64_t* out) {
    const bool fits = value.is_number_unsigned() && value.get<uint64_t>() <= static_cast<uint64_t>(most);
    if (!fits)
      return fail(format("'%s' is no whole number from 0 to %lld", name.c_str(), static_cast<long long>(most)));
    *out = static_cast<int64_t>(value.get<uint64_t>());
    return true;
  }

  bool real(const std::string& name, const Json& value, double most, double* out) {
    const double number = value.is_number() ? value.get<double>() : -1;
    if (!(number >= 0 && number <= most)) return fail(format("'%s' is no number from 0 to %g", name.c_str(), most));
    *out = number;
    return true;
  }

  bool truth(const std::string& name, const Json& value, bool* out) {
    if (!value.is_boolean()) return fail(format("'%s' is neither true nor false", name.c_str()));
    *out = value.get<bool>();
    return true;
  }

  bool text(const std::string& name, const Json& value, std::string* out) {
    if (!value.is_string()) return fail(format("'%s' is no text", name.c_str()));
    *out = value.get<std::string>();
    // It goes to C, where a zero would end it early.
    return out->find('\0') == std::string::npos || fail(format("'%s' has a zero in it", name.c_str()));
  }

  bool subject(const Json& value) {
    std::string name;
    if (!text("subject", value, &name)) return false;
    if (name == "approxlite")
      block_.subject = Subject::kApproxlite;
    else if (name == "stock")
      block_.subject = Subject::kStock;
    else if (name == "idle")
      block_.subject = Subject::kIdle;
    else
      return fail("'subject' is none of approxlite, stock, idle");
    return true;
  }

  bool scales(const Json& value) {
    if (!value.is_object() || value.size() > kMostScales) return fail("'scales' is no object, or too large");
    for (const auto& [id, grid] : value.items()) {
      const bool pair = grid.is_array() && grid.size() == 2 && grid[0].is_number() && grid[1].is_number_unsigned();
      const float scale = pair ? grid[0].get<float>() : 0;
      const uint64_t zero_point = pair ? grid[1].get<uint64_t>() : 256;
      if (!std::isfinite(scale) || scale <= 0 || zero_point > 255) {
        return fail(format("the scale of '%.64s' is not [above 0, 0..255]", id.c_str()));
      }
      block_.scales.push_back({id, scale, static_cast<int32_t>(zero_point)});
    }
    return true;
  }

  Block& block_;
  std::string& error_;
};

// Whether it parses at all; then `object` is it.
bool parse_json(std::string_view line, Json* object, std::string* error) {
  Watch watch;
  *object = Json::parse(line.begin(), line.end(), std::ref(watch), false);
  if (!watch.problem().empty())
    *error = watch.problem();
  else if (!object->is_object())
    *error = "no JSON object";
  return error->empty();
}

}  // namespace

bool parse_block(std::string_view line, Block* out, std::string* error) {
  *out = Block();
  error->clear();
  if (line.size() > kLongestLine) {
    *error = "longer than 1 MiB";
    return false;
  }
  Json object;
  if (!parse_json(line, &object, error)) return false;
  Reader reader(out, error);
  for (const auto& [name, value] : object.items()) {
    if (!reader.member(name, value)) return false;
  }
  return reader.whole_block(object);
}

PlanRead parse_plan(std::string_view text, std::vector<Block>* out, std::string* error) {
  out->clear();
  std::unordered_set<int64_t> numbers;
  size_t number = 0;
  while (!text.empty()) {
    ++number;
    const size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    const bool ended = end != std::string_view::npos;
    text.remove_prefix(ended ? end + 1 : text.size());
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (line.find_first_not_of(" \t") == std::string_view::npos) continue;
    Block block;
    std::string problem;
    if (!parse_block(line, &block, &problem)) {
      // The beginning of an object is never an object: a last line that is one needs no end.
      if (!ended && line.size() <= kLongestLine && !Json::accept(line.begin(), line.end())) {
        *error = format("plan.jsonl, line %zu: cut off", number);
        return PlanRead::kGrowing;
      }
      *error = format("plan.jsonl, line %zu: %s", number, problem.c_str());
      return PlanRead::kUnusable;
    }
    if (!numbers.insert(block.number).second) {
      *error = format("plan.jsonl, line %zu: block %lld is there twice", number, static_cast<long long>(block.number));
      return PlanRead::kUnusable;
    }
    out->push_back(std::move(block));
  }
  return PlanRead::kRead;
}

PlanRead read_plan(const std::string& path, std::vector<Block>* out, std::string* error) {
  std::string text;
  if (!read_file(path, kLongestPlan, &text, error)) return PlanRead::kUnusable;
  return parse_plan(text, out, error);
}

}  // namespace approxlite::agent
