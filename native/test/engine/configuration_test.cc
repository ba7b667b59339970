// The C++ side of tests/contract/configuration_text.cases; Python reads the same file.
#include "engine/configuration.h"

#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>

namespace approxlite {
namespace {

struct Case {
  std::string kind, first, second;
};

std::vector<Case> read_cases() {
  std::ifstream file(APPROX_CONTRACT_DIR "/configuration_text.cases");
  std::vector<Case> cases;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream fields(line);
    Case one;
    std::getline(fields, one.kind, '\t');
    std::getline(fields, one.first, '\t');
    std::getline(fields, one.second, '\t');
    cases.push_back(one);
  }
  return cases;
}

std::vector<Configurable> operators_of(const std::vector<Case>& cases) {
  std::vector<Configurable> operators;
  for (const Case& one : cases) {
    if (one.kind != "operator") continue;
    const auto has = [&one](const char* kind) { return (" " + one.second + " ").find(kind) != std::string::npos; };
    operators.push_back({.id = one.first,
                         .type = one.first.substr(0, one.first.rfind('_')),
                         .support = {.int8 = has(" int8 "),
                                     .inputs = has(" inputs "),
                                     .rank = has(" rank "),
                                     .sample = has(" sample "),
                                     .rows = has(" rows "),
                                     .cols = has(" cols ")}});
  }
  return operators;
}

std::string canonical(const std::vector<Configurable>& operators, const std::vector<Knob>& knobs) {
  std::string text;
  for (size_t i = 0; i < operators.size(); ++i) {
    if (!knobs[i].exact()) text += (text.empty() ? "" : ",") + operators[i].id + "=" + to_text(knobs[i]);
  }
  return text.empty() ? "exact" : text;
}

TEST(ConfigurationText, IsReadAndRefusedAsTheSharedCasesSay) {
  const std::vector<Case> cases = read_cases();
  const std::vector<Configurable> operators = operators_of(cases);
  int good = 0, bad = 0;
  for (const Case& one : cases) {
    std::vector<Knob> knobs;
    std::string error;
    const bool read = parse_configuration(one.first, operators, &knobs, &error);
    if (one.kind == "good") {
      ++good;
      ASSERT_TRUE(read) << one.first << ": " << error;
      EXPECT_EQ(canonical(operators, knobs), one.second) << one.first;
    } else if (one.kind == "bad") {
      ++bad;
      ASSERT_FALSE(read) << one.first;
      EXPECT_NE(error.find(one.second), std::string::npos) << one.first << ": " << error;
      EXPECT_EQ(error.find('\n'), std::string::npos);
    }
  }
  EXPECT_GE(good, 20);
  EXPECT_GE(bad, 30);
}

TEST(ConfigurationText, EveryListedKnobReadsBackAsItself) {
  for (int bits = 0; bits < 64; ++bits) {
    const auto has = [bits](int bit) { return (bits >> bit & 1) != 0; };
    const KnobSupport support = {
        .int8 = has(0), .inputs = has(1), .rank = has(2), .sample = has(3), .rows = has(4), .cols = has(5)};
    const std::vector<Knob> knobs = list_knobs(support);
    EXPECT_TRUE(knobs.front().exact());
    std::set<std::string> texts;
    for (const Knob& knob : knobs) {
      Knob again;
      std::string error;
      ASSERT_TRUE(parse_knob(to_text(knob), &again, &error)) << error;
      EXPECT_EQ(again, knob);
      EXPECT_TRUE(has_knob(support, knob, &error)) << error;
      EXPECT_TRUE(texts.insert(to_text(knob)).second) << to_text(knob);
    }
  }
}

TEST(ConfigurationText, EveryAtomAnOperatorHasIsInSomeListedKnob) {
  const KnobSupport support = {.int8 = true, .inputs = true, .rank = true, .sample = true, .rows = true, .cols = true};
  std::set<std::string> atoms;
  for (const Knob& knob : list_knobs(support)) {
    std::istringstream text(to_text(knob));
    for (std::string atom; std::getline(text, atom, '+');) atoms.insert(atom);
  }
  const std::set<std::string> expected = {"exact",    "int8",     "inputs:3/4", "inputs:1/2", "inputs:1/4", "rank:3/4",
                                          "rank:1/2", "rank:1/4", "sample:3/4", "sample:2/3", "sample:1/2", "rows:3/4",
                                          "rows:2/3", "rows:1/2", "rows:1/3",   "rows:1/4",   "cols:3/4",   "cols:2/3",
                                          "cols:1/2", "cols:1/3", "cols:1/4",   "checker:1/2"};
  EXPECT_EQ(atoms, expected);
}

}  // namespace
}  // namespace approxlite
