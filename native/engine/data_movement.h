// Plans that only move elements, of 4 bytes or of one. Where bytes change their grid they go through a table on the way.
#ifndef APPROXLITE_ENGINE_DATA_MOVEMENT_H_
#define APPROXLITE_ENGINE_DATA_MOVEMENT_H_

#include "engine/elements.h"

namespace approxlite {

// What becomes of elements that arrive in the output.
class Arrival {
 public:
  Arrival(const KernelTable& kernels, const Form& from, const Form& to)
      : kernels_(kernels), element_bytes_(form_bytes(to)), regrids_(!(from == to)) {
    if (regrids_) table_ = regrid_table(from.grid, to.grid);
  }
  size_t element_bytes() const { return element_bytes_; }
  bool regrids() const { return regrids_; }

  // Copies bytes that follow each other; `from` may be `to`.
  void copy(const uint8_t* from, size_t bytes, uint8_t* to) const {
    if (regrids_) {
      kernels_.lookup(from, bytes, table_.values, to);
    } else if (from != to) {
      std::memcpy(to, from, bytes);
    }
  }
  // For what has been copied as it was.
  void finish(uint8_t* to, size_t bytes) const {
    if (regrids_) kernels_.lookup(to, bytes, table_.values, to);
  }

 private:
  const KernelTable& kernels_;
  size_t element_bytes_;
  bool regrids_;
  ByteTable table_ = {};
};

// Pads and slices, by Operator::box.
std::unique_ptr<Plan> make_box_plan(const PlanContext& context, const PlanChoice& choice);
// Concatenation and pack, split and unpack.
std::unique_ptr<Plan> make_join_plan(const PlanContext& context, const PlanChoice& choice);
std::unique_ptr<Plan> make_split_plan(const PlanContext& context, const PlanChoice& choice);
// Transpose, depth to space, space to depth.
std::unique_ptr<Plan> make_transpose_plan(const PlanContext& context, const PlanChoice& choice);

}  // namespace approxlite

#endif  // APPROXLITE_ENGINE_DATA_MOVEMENT_H_
