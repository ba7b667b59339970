// Logarithm, sine and cosine with the same bits everywhere, for what a C library may round either way. Doubles, in plain
// operations of a fixed order; less than two units in the last place off.
#ifndef APPROXLITE_FRONTEND_FUNCTIONS_H_
#define APPROXLITE_FRONTEND_FUNCTIONS_H_

#include <bit>
#include <cstdint>

namespace approxlite {

inline constexpr double kPi = 0x1.921fb54442d18p+1;

// Of a positive normal number.
inline double natural_log(double x) {
  constexpr double kSquareRootOfHalf = 0x1.6a09e667f3bcdp-1, kLn2 = 0x1.62e42fefa39efp-1;
  uint64_t bits = std::bit_cast<uint64_t>(x);
  int exponent = static_cast<int>(bits >> 52) - 1022;
  double mantissa = std::bit_cast<double>((bits & ((uint64_t{1} << 52) - 1)) | (uint64_t{1022} << 52));  // 1/2 to 1
  if (mantissa < kSquareRootOfHalf) {
    mantissa += mantissa;
    --exponent;
  }
  // ln(m) = 2 artanh((m - 1) / (m + 1))
  const double s = (mantissa - 1) / (mantissa + 1), z = s * s;
  double sum = 0;
  for (int odd = 21; odd >= 3; odd -= 2) sum = (sum + 1.0 / odd) * z;
  return exponent * kLn2 + (2 * s + 2 * s * sum);
}

struct SineCosine {
  double sine, cosine;
};

// Of `part` / `whole` of a full turn, 0 <= part < whole < 2^27.
inline SineCosine of_turn(int64_t part, int64_t whole) {
  const int64_t octant = 8 * part / whole, rest = 8 * part % whole;
  const bool mirrored = octant % 2 != 0;  // from the other end of the octant
  const double x = kPi / 4 * static_cast<double>(mirrored ? whole - rest : rest) / static_cast<double>(whole);
  double sine = 0, cosine = 0;
  for (int n = 18; n >= 2; n -= 2) {  // Taylor's series, from its small end
    cosine = (1 - cosine) * x * x / (n * (n - 1));
    sine = (1 - sine) * x * x / (n * (n + 1));
  }
  cosine = 1 - cosine;
  sine = (1 - sine) * x;
  const int64_t quarter = (octant + 1) / 2;  // turns the nearest axis back to where it was
  const SineCosine near = {mirrored ? -sine : sine, cosine};
  switch (quarter % 4) {
    case 0: return near;
    case 1: return {near.cosine, -near.sine};
    case 2: return {-near.sine, -near.cosine};
    default: return {-near.cosine, near.sine};
  }
}

}  // namespace approxlite

#endif  // APPROXLITE_FRONTEND_FUNCTIONS_H_
