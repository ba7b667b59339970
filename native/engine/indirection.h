// For every tap and computed pixel of a convolution, where its inputs start: the list that turns perforation, padding,
// stride and dilation into plain pointers.
#ifndef APPROXLITE_ENGINE_INDIRECTION_H_
#define APPROXLITE_ENGINE_INDIRECTION_H_

#include <cstdint>
#include <vector>

#include "engine/operator.h"
#include "engine/plan.h"

namespace approxlite {

class Indirection {
 public:
  // `pixel_offsets` as in Perforation; an input pixel is `pixel_bytes` long (in the padded copy where `reading` folds).
  Indirection(const Operator& op, const ConvReading& reading, const std::vector<int32_t>& pixel_offsets,
              size_t pixel_bytes);

  // Points every entry into `input`, those in the padding at `padding`.
  void bind(const void* input, const void* padding);

  const void* const* rows() const { return rows_.data(); }
  size_t row_stride() const { return row_stride_; }
  size_t bytes() const { return sizeof(void*) * rows_.size() + sizeof(int32_t) * offsets_.size(); }

 private:
  static constexpr int32_t kPadding = -1;

  std::vector<int32_t> offsets_;  // in pixels, or kPadding
  size_t pixel_bytes_;
  size_t row_stride_;
  std::vector<const void*> rows_;
};

}  // namespace approxlite

#endif  // APPROXLITE_ENGINE_INDIRECTION_H_
