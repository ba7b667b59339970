// Half precision, as weights come in some models.
#ifndef APPROXLITE_ENGINE_HALF_H_
#define APPROXLITE_ENGINE_HALF_H_

#include <cstdint>
#include <cstring>

namespace approxlite {

// IEEE 754 binary16 to binary32, exact for every value.
inline float half_to_float(uint16_t half) {
  const uint32_t sign = static_cast<uint32_t>(half & 0x8000) << 16;
  const uint32_t exponent = half >> 10 & 31, fraction = half & 0x3ff;
  uint32_t bits;
  if (exponent == 31) {
    bits = sign | 0x7f800000u | fraction << 13;
  } else if (exponent != 0) {
    bits = sign | (exponent + 112) << 23 | fraction << 13;
  } else {
    const float tiny = static_cast<float>(fraction) * 0x1p-24f;
    std::memcpy(&bits, &tiny, sizeof bits);
    bits |= sign;
  }
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

}  // namespace approxlite

#endif  // APPROXLITE_ENGINE_HALF_H_
