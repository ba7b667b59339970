// A configuration is one knob per operator, written as one line of text:
// "conv_2d_3=int8+rows:1/2,conv_2d_7=int8". Operators not named are exact, "all=K" and "<type>=K" mean every operator
// (of that type) that has K, later entries win, "exact" alone or nothing at all is the exact configuration.
#ifndef APPROXLITE_ENGINE_CONFIGURATION_H_
#define APPROXLITE_ENGINE_CONFIGURATION_H_

#include <string>
#include <string_view>
#include <vector>

#include "engine/knob.h"

namespace approxlite {

// What a configuration is read against.
struct Configurable {
  std::string id;    // "conv_2d_7"
  std::string type;  // "conv_2d"
  KnobSupport support;
};

// One knob per operator, in the order of `operators`. On failure returns false with one clear line in `error`.
bool parse_configuration(std::string_view text, const std::vector<Configurable>& operators, std::vector<Knob>* knobs,
                         std::string* error);

}  // namespace approxlite

#endif  // APPROXLITE_ENGINE_CONFIGURATION_H_
