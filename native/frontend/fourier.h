// The discrete Fourier transform of a power of two.
#ifndef APPROXLITE_FRONTEND_FOURIER_H_
#define APPROXLITE_FRONTEND_FOURIER_H_

#include <cstddef>
#include <vector>

#include "frontend/functions.h"

namespace approxlite {

class Fourier {
 public:
  // `size`: a power of two.
  explicit Fourier(int size);

  // In place: real[k] + i imaginary[k] becomes the sum over n of its n-th times exp(-2 pi i k n / size).
  void transform(double* real, double* imaginary) const;

 private:
  const int size_;
  std::vector<SineCosine> turns_;  // of k / size, k below size / 2
  std::vector<int> reversed_;      // indices with their bits in reverse
};

}  // namespace approxlite

#endif  // APPROXLITE_FRONTEND_FOURIER_H_
