#ifndef APPROXLITE_CONTROLLER_AGREEMENT_H_
#define APPROXLITE_CONTROLLER_AGREEMENT_H_

#include <cstddef>
#include <cstdint>

#include "approxlite/agreement.h"

namespace approxlite {

bool valid(const approx_agreement& agreement);
// Whether answers of `count` entries can be compared with exact's of `exact_count`.
bool comparable(const approx_agreement& agreement, size_t exact_count, size_t count, const int32_t* class_map);

// Place of the largest of `count` >= 1 entries, the first on a tie; -1 if one is not finite.
int32_t top_of(const float* output, size_t count);

// How far one answer is from exact's, as approx_loss says; +infinity if an entry of either is not finite. What is compared
// must be comparable.
float loss_of(const approx_agreement& agreement, const float* exact, size_t exact_count, const float* answer,
              size_t count, const int32_t* class_map);

}  // namespace approxlite

#endif  // APPROXLITE_CONTROLLER_AGREEMENT_H_
