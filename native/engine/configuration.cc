#include "engine/configuration.h"

#include <algorithm>

#include "engine/text.h"

namespace approxlite {
namespace {

// A line longer than this is no configuration of a model that we could run.
constexpr size_t kMaxConfigurationBytes = 1 << 20;

bool apply_entry(std::string_view entry, const std::vector<Configurable>& operators, std::vector<Knob>* knobs,
                 std::string* error) {
  const size_t equals = entry.find('=');
  if (equals == std::string_view::npos || equals == 0) {
    *error = format("'%.*s' is not of the form operator=knob", static_cast<int>(entry.size()), entry.data());
    return false;
  }
  const std::string_view target = entry.substr(0, equals);
  Knob knob;
  if (!parse_knob(entry.substr(equals + 1), &knob, error)) return false;

  bool type_known = target == "all", anybody = false;
  for (size_t i = 0; i < operators.size(); ++i) {
    std::string lacking;
    if (operators[i].id == target) {
      if (!has_knob(operators[i].support, knob, &lacking)) {
        *error = operators[i].id + " " + lacking;
        return false;
      }
      (*knobs)[i] = knob;
      return true;
    }
    if (target != "all" && operators[i].type != target) continue;
    type_known = true;
    if (!has_knob(operators[i].support, knob, &lacking)) continue;
    (*knobs)[i] = knob;
    anybody = true;
  }
  if (!type_known) {
    *error = format("unknown operator '%.*s'; `approxlite inspect` lists the operators of a model",
                    static_cast<int>(target.size()), target.data());
  } else if (!anybody) {
    *error = format("'%.*s' sets nothing: no operator of the model has that knob", static_cast<int>(entry.size()),
                    entry.data());
  }
  return anybody;
}

}  // namespace

bool parse_configuration(std::string_view text, const std::vector<Configurable>& operators, std::vector<Knob>* knobs,
                         std::string* error) {
  knobs->assign(operators.size(), Knob{});
  if (text.empty() || text == "exact") return true;
  if (text.size() > kMaxConfigurationBytes) {
    *error = format("configuration of %zu bytes is too long", text.size());
    return false;
  }
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(',', begin), text.size());
    if (!apply_entry(text.substr(begin, end - begin), operators, knobs, error)) return false;
    begin = end + 1;
  }
  return true;
}

}  // namespace approxlite
