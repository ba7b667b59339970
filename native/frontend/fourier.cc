#include "frontend/fourier.h"

#include <utility>

namespace approxlite {

Fourier::Fourier(int size) : size_(size), turns_(static_cast<size_t>(size / 2)), reversed_(static_cast<size_t>(size)) {
  for (int k = 0; k < size / 2; ++k) turns_[static_cast<size_t>(k)] = of_turn(k, size);
  for (int i = 1; i < size; ++i) {
    const size_t at = static_cast<size_t>(i);
    reversed_[at] = reversed_[at / 2] / 2 + (i % 2 != 0 ? size / 2 : 0);
  }
}

// Cooley and Tukey's, radix 2.
void Fourier::transform(double* real, double* imaginary) const {
  for (int i = 0; i < size_; ++i) {
    const int j = reversed_[static_cast<size_t>(i)];
    if (i < j) {
      std::swap(real[i], real[j]);
      std::swap(imaginary[i], imaginary[j]);
    }
  }
  for (int half = 1; half < size_; half *= 2) {
    for (int begin = 0; begin < size_; begin += 2 * half) {
      for (int k = 0; k < half; ++k) {
        const SineCosine turn = turns_[static_cast<size_t>(k * (size_ / (2 * half)))];
        const int even = begin + k, odd = even + half;
        const double x = real[odd] * turn.cosine + imaginary[odd] * turn.sine;
        const double y = imaginary[odd] * turn.cosine - real[odd] * turn.sine;
        real[odd] = real[even] - x;
        imaginary[odd] = imaginary[even] - y;
        real[even] += x;
        imaginary[even] += y;
      }
    }
  }
}

}  // namespace approxlite
