#include "controller/output_check.h"

#include <bit>
#include <cstring>

namespace approxlite {
namespace {

constexpr size_t kLanes = 8;

// One step of a multiplicative hash; the multiplier is odd, so no step loses anything.
uint64_t mix(uint64_t hash, uint64_t word) {
  hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
  return hash ^ (hash >> 29);
}

}  // namespace

OutputFacts facts_of(const float* output, size_t count, float low, float high) {
  constexpr uint32_t kMagnitude = 0x7fffffff, kExponent = 0x7f800000;
  uint32_t not_finite = 0, nonzero = 0, outside = 0;
  // Lanes of their own, as one chain of multiplications would take longer than all the rest.
  uint64_t lane[kLanes / 2] = {1, 2, 3, 4};
  size_t at = 0;
  for (; at + kLanes <= count; at += kLanes) {
    for (size_t i = 0; i < kLanes; ++i) {
      const uint32_t bits = std::bit_cast<uint32_t>(output[at + i]);
      not_finite |= (bits & kExponent) == kExponent;
      nonzero |= bits & kMagnitude;
      outside |= (output[at + i] < low) | (output[at + i] > high);
    }
    for (size_t i = 0; i < kLanes / 2; ++i) {
      uint64_t word;
      std::memcpy(&word, output + at + 2 * i, sizeof word);
      lane[i] = mix(lane[i], word);
    }
  }
  for (; at < count; ++at) {
    const uint32_t bits = std::bit_cast<uint32_t>(output[at]);
    not_finite |= (bits & kExponent) == kExponent;
    nonzero |= bits & kMagnitude;
    outside |= (output[at] < low) | (output[at] > high);
    lane[at % (kLanes / 2)] = mix(lane[at % (kLanes / 2)], bits);
  }
  uint64_t hash = count;
  for (const uint64_t each : lane) hash = mix(hash, each);
  return {.finite = not_finite == 0, .zero = nonzero == 0, .outside = outside != 0, .hash = hash};
}

}  // namespace approxlite
