// Perforation: which output pixels an operator computes, and how the others are filled in from them.
#ifndef APPROXLITE_ENGINE_PERFORATION_H_
#define APPROXLITE_ENGINE_PERFORATION_H_

#include <cstdint>
#include <vector>

#include "engine/knob.h"
#include "engine/tensor.h"
#include "engine/thread_pool.h"
#include "kernels/kernels.h"

namespace approxlite {

// A regular part of an image's pixels.
struct Pattern {
  Fraction rows, cols;
  bool checker = false;

  bool whole() const { return *this == Pattern{}; }
  bool operator==(const Pattern&) const = default;
};
inline Pattern pattern_of(const Knob& knob) { return {knob.rows, knob.cols, knob.checker}; }

// Indices of 0..size-1 that are computed. (d-1)/d leaves out every d-th, 1/d keeps the first of every d.
std::vector<int32_t> computed_lines(int size, Fraction fraction);

// Lines that are not computed: `count` of them, `step` apart, each `before` lines after a computed one and `after`
// lines before another; `after` is 0 past the last.
struct FilledLines {
  int32_t first, before, after, count = 1, step = 0;
};

class Perforation {
 public:
  // Output of `shape`, computed as `knob` says. Where `demand` is the knob's own pattern, nothing is filled in; where the
  // knob computes everything, only what is demanded is computed.
  Perforation(const Shape& shape, const Knob& knob, const Pattern& demand);

  PixelGrid grid() const {
    return {rows_.data(), static_cast<int>(rows_.size()), columns_.data(), static_cast<int>(columns_.size()), checker_};
  }
  // Computed rows, ascending (every row of a checker).
  const std::vector<int32_t>& rows() const { return rows_; }
  bool fills() const { return fills_; }

  // Fills in every pixel that was not computed. Linear between computed neighbours, constant past the last; a checker's
  // pixel is the mean of its 2 to 4 neighbours.
  void fill(const KernelTable& kernels, ThreadPool& pool, float* output) const;
  void fill(const KernelTable& kernels, ThreadPool& pool, uint8_t* output) const;

  size_t bytes() const;

 private:
  template <class T>
  void fill_columns(const KernelTable& kernels, int begin, int end, T* output) const;
  template <class T>
  void fill_any(const KernelTable& kernels, ThreadPool& pool, T* output) const;

  Shape shape_;
  std::vector<int32_t> rows_, columns_;
  std::vector<FilledLines> filled_rows_, filled_columns_;  // empty for a checker and where nothing is filled in
  bool checker_;
  bool fills_;
};

}  // namespace approxlite

#endif  // APPROXLITE_ENGINE_PERFORATION_H_
