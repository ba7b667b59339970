#ifndef APPROXLITE_CONTROLLER_CONFIDENCE_H_
#define APPROXLITE_CONTROLLER_CONFIDENCE_H_

#include <cstddef>

#include "approxlite/controller.h"

namespace approxlite {

// What a rule reads off an output: how sure it is of its largest entry, where that stands, the first on a tie, and what it
// is. NaN, -1 and NaN if any entry is not finite.
struct Reading {
  float confidence;
  int32_t top;
  float largest;
};

// count >= 1.
Reading read(int32_t kind, const float* output, size_t count);

// How sure `output` is of its largest entry. A ratio whose second entry is not positive is +infinity, on a tie 1.
// One entry: +infinity. NaN, and only then, if any entry is not finite. count >= 1.
float confidence_of(int32_t kind, const float* output, size_t count);

}  // namespace approxlite

#endif  // APPROXLITE_CONTROLLER_CONFIDENCE_H_
