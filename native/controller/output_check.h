#ifndef APPROXLITE_CONTROLLER_OUTPUT_CHECK_H_
#define APPROXLITE_CONTROLLER_OUTPUT_CHECK_H_

#include <cstddef>
#include <cstdint>

namespace approxlite {

// What one pass over an output tells.
struct OutputFacts {
  bool finite;
  bool zero;     // every entry, of either sign
  bool outside;  // some entry is below `low` or above `high`
  uint64_t hash; // of the bits; equal outputs have equal hashes, others differ but for one chance in 2^64
};

OutputFacts facts_of(const float* output, size_t count, float low, float high);

}  // namespace approxlite

#endif  // APPROXLITE_CONTROLLER_OUTPUT_CHECK_H_
