// Perforation: which output pixels an operator computes, and how the others are filled in from them.
#ifndef APPROXLITE_ENGINE_PERFORATION_H_
#define APPROXLITE_ENGINE_PERFORATION_H_

#include <cstdint>
#include <vector>

#include "engine/knob.h"
#include "engine/operator.h"
#include "kernels/kernels.h"

namespace approxlite {

// Indices of 0..size-1 that are computed. (d-1)/d leaves out every d-th, 1/d keeps the first of every d.
std::vector<int32_t> computed_lines(int size, Fraction fraction);

class Perforation {
 public:
  // Output of `shape`, computed as `knob` says.
  Perforation(const Shape& shape, const Knob& knob);

  // Offsets of the computed pixels' first elements in the output, ascending.
  const std::vector<int32_t>& pixel_offsets() const { return pixel_offsets_; }
  // Computed rows, ascending (every row of a checker).
  const std::vector<int32_t>& rows() const { return rows_; }

  // Fills in every pixel that was not computed. Linear between computed neighbours, constant past the last; a checker's
  // pixel is the mean of its 2 to 4 neighbours.
  void fill(const KernelTable& kernels, float* output) const;

  size_t bytes() const;

 private:
  // One run of `size` elements made from up to four others, all computed or filled in before.
  struct Fill {
    int32_t target;
    int32_t sources[4];
    int32_t count;  // 1: copy; 2 with weight: blend; else mean
    float weight;   // blend: of the second source; mean: 1 / count
    bool blend;
    int32_t size;
  };

  void fill_line(int line, const std::vector<int32_t>& computed, int32_t base, int32_t step, int32_t size);
  void fill_checker(const Shape& shape);

  std::vector<int32_t> rows_;
  std::vector<int32_t> pixel_offsets_;
  std::vector<Fill> fills_;
};

}  // namespace approxlite

#endif  // APPROXLITE_ENGINE_PERFORATION_H_
