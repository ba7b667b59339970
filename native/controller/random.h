#ifndef APPROXLITE_CONTROLLER_RANDOM_H_
#define APPROXLITE_CONTROLLER_RANDOM_H_

#include <cstdint>

namespace approxlite {

// SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014): the whole state is one
// number, so it is saved and restored exactly. Whoever draws owns one; none is shared.
class Random {
 public:
  explicit Random(uint64_t state) : state_(state) {}

  uint64_t next() {
    state_ += 0x9e3779b97f4a7c15u;
    uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }

  // True with `probability`, to 53 bits; never at 0, always at 1.
  bool happens(double probability) { return static_cast<double>(next() >> 11) * 0x1p-53 < probability; }

  uint64_t state() const { return state_; }

 private:
  uint64_t state_;
};

}  // namespace approxlite

#endif  // APPROXLITE_CONTROLLER_RANDOM_H_
