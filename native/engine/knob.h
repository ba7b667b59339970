// One approximation choice for one operator, and its text: atoms joined by '+', "exact" where there is none.
#ifndef APPROXLITE_ENGINE_KNOB_H_
#define APPROXLITE_ENGINE_KNOB_H_

#include <string>
#include <string_view>
#include <vector>

namespace approxlite {

// The share that is computed, numerator / denominator; 1/1 is everything.
struct Fraction {
  int numerator = 1;
  int denominator = 1;

  bool whole() const { return numerator == denominator; }
  bool operator==(const Fraction&) const = default;
};

struct Knob {
  bool int8 = false;
  Fraction inputs;  // of the inputs in groups of four, with weights of their own
  Fraction rank;    // of the multiply-accumulates, as two thin factors
  Fraction sample;  // of the inputs, survivors rescaled
  Fraction rows;    // of the output's rows, the others interpolated
  Fraction cols;
  bool checker = false;  // every other pixel, like the black squares of a chess board

  bool exact() const { return *this == Knob{}; }
  bool perforated() const { return !rows.whole() || !cols.whole() || checker; }
  bool operator==(const Knob&) const = default;
};

// Canonical text: atoms in the order int8, inputs, rank, sample, rows, cols, checker.
std::string to_text(const Knob& knob);

// Parses any order of atoms. On failure returns false and says what was wrong in `error`.
bool parse_knob(std::string_view text, Knob* knob, std::string* error);

// What an operator can be asked for.
struct KnobSupport {
  bool int8 = false;
  bool inputs = false;
  bool rank = false;
  bool sample = false;
  bool rows = false;
  bool cols = false;
};

// Whether an operator with this support has the knob; if not, `error` names the atom it lacks.
bool has_knob(const KnobSupport& support, const Knob& knob, std::string* error);

// Every knob worth measuring, "exact" first: single atoms, rows with cols, each also with int8 and with sampling.
std::vector<Knob> list_knobs(const KnobSupport& support);

}  // namespace approxlite

#endif  // APPROXLITE_ENGINE_KNOB_H_
