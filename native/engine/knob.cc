#include "engine/knob.h"

#include <algorithm>

#include "engine/text.h"

namespace approxlite {
namespace {

constexpr Fraction kPerforations[] = {{3, 4}, {2, 3}, {1, 2}, {1, 3}, {1, 4}};
constexpr Fraction kSamples[] = {{3, 4}, {2, 3}, {1, 2}};
constexpr Fraction kCalibrated[] = {{3, 4}, {1, 2}, {1, 4}};  // inputs and rank

template <size_t N>
bool parse_fraction(std::string_view text, const Fraction (&allowed)[N], Fraction* out) {
  for (const Fraction& fraction : allowed) {
    if (text == format("%d/%d", fraction.numerator, fraction.denominator)) {
      *out = fraction;
      return true;
    }
  }
  return false;
}

bool parse_atom(std::string_view atom, Knob* knob, std::string* error) {
  const size_t colon = atom.find(':');
  const std::string_view name = atom.substr(0, colon);
  const std::string_view value = colon == std::string_view::npos ? "" : atom.substr(colon + 1);
  bool known = true, again = false;
  if (atom == "int8") {
    again = knob->int8;
    knob->int8 = true;
  } else if (name == "inputs") {
    again = !knob->inputs.whole();
    known = parse_fraction(value, kCalibrated, &knob->inputs);
  } else if (name == "rank") {
    again = !knob->rank.whole();
    known = parse_fraction(value, kCalibrated, &knob->rank);
  } else if (name == "sample") {
    again = !knob->sample.whole();
    known = parse_fraction(value, kSamples, &knob->sample);
  } else if (name == "rows") {
    again = !knob->rows.whole();
    known = parse_fraction(value, kPerforations, &knob->rows);
  } else if (name == "cols") {
    again = !knob->cols.whole();
    known = parse_fraction(value, kPerforations, &knob->cols);
  } else if (atom == "checker:1/2") {
    again = knob->checker;
    knob->checker = true;
  } else {
    known = false;
  }
  if (!known) {
    *error = format(
        "unknown knob '%.*s'; known are exact, int8, inputs:f and rank:f (1/4, 1/2, 3/4), sample:f (1/2, 2/3, 3/4), "
        "rows:f and cols:f (1/4, 1/3, 1/2, 2/3, 3/4), checker:1/2",
        static_cast<int>(atom.size()), atom.data());
  } else if (again) {
    *error = format("knob '%.*s' is given twice", static_cast<int>(name.size()), name.data());
  }
  return known && !again;
}

// What two atoms of a knob cannot be together; null if nothing.
const char* find_conflict(const Knob& knob) {
  const bool grid = !knob.rows.whole() || !knob.cols.whole();
  if (knob.checker && grid) return "checker:1/2 does not combine with rows or cols";
  const int selections = !knob.inputs.whole() + !knob.rank.whole() + !knob.sample.whole();
  if (selections > 1) return "a knob has at most one of inputs, rank and sample";
  if (!knob.rank.whole() && knob.perforated()) return "rank does not combine with rows, cols or checker";
  return nullptr;
}

}  // namespace

std::string to_text(const Knob& knob) {
  std::string text;
  const auto add = [&text](const std::string& atom) { text += (text.empty() ? "" : "+") + atom; };
  const auto add_fraction = [&add](const char* name, const Fraction& fraction) {
    if (!fraction.whole()) add(format("%s:%d/%d", name, fraction.numerator, fraction.denominator));
  };
  if (knob.int8) add("int8");
  add_fraction("inputs", knob.inputs);
  add_fraction("rank", knob.rank);
  add_fraction("sample", knob.sample);
  add_fraction("rows", knob.rows);
  add_fraction("cols", knob.cols);
  if (knob.checker) add("checker:1/2");
  return text.empty() ? "exact" : text;
}

bool parse_knob(std::string_view text, Knob* knob, std::string* error) {
  *knob = Knob{};
  if (text == "exact") return true;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find('+', begin), text.size());
    if (!parse_atom(text.substr(begin, end - begin), knob, error)) return false;
    begin = end + 1;
  }
  const char* const conflict = find_conflict(*knob);
  if (conflict != nullptr) *error = conflict;
  return conflict == nullptr;
}

bool has_knob(const KnobSupport& support, const Knob& knob, std::string* error) {
  const char* lacking = nullptr;
  if (knob.int8 && !support.int8) lacking = "int8";
  if (!knob.inputs.whole() && !support.inputs) lacking = "inputs";
  if (!knob.rank.whole() && !support.rank) lacking = "rank";
  if (!knob.sample.whole() && !support.sample) lacking = "sample";
  if (!knob.rows.whole() && !support.rows) lacking = "rows";
  if (!knob.cols.whole() && !support.cols) lacking = "cols";
  if (knob.checker && !(support.rows && support.cols)) lacking = "checker";
  if (lacking != nullptr) *error = format("has no knob '%s'", lacking);
  return lacking == nullptr;
}

std::vector<Knob> list_knobs(const KnobSupport& support) {
  std::vector<Knob> perforations = {Knob{}};
  if (support.rows) {
    for (const Fraction& fraction : kPerforations) perforations.push_back({.rows = fraction});
  }
  if (support.cols) {
    for (const Fraction& fraction : kPerforations) perforations.push_back({.cols = fraction});
  }
  if (support.rows && support.cols) {
    perforations.push_back({.rows = {1, 2}, .cols = {1, 2}});
    perforations.push_back({.checker = true});
  }
  std::vector<Knob> knobs;
  for (const bool int8 : {false, true}) {
    if (int8 && !support.int8) continue;
    for (Knob knob : perforations) {
      knob.int8 = int8;
      knobs.push_back(knob);
    }
    if (support.inputs) {
      for (const Fraction& fraction : kCalibrated) knobs.push_back({.int8 = int8, .inputs = fraction});
      if (support.rows) knobs.push_back({.int8 = int8, .inputs = {1, 2}, .rows = {1, 2}});
      if (support.rows && support.cols) knobs.push_back({.int8 = int8, .inputs = {1, 2}, .checker = true});
    }
    if (support.rank) {
      for (const Fraction& fraction : kCalibrated) knobs.push_back({.int8 = int8, .rank = fraction});
    }
    if (support.sample) {
      for (const Fraction& fraction : kSamples) knobs.push_back({.int8 = int8, .sample = fraction});
      if (support.rows) knobs.push_back({.int8 = int8, .sample = {1, 2}, .rows = {1, 2}});
    }
  }
  return knobs;
}

}  // namespace approxlite
