// The input of a convolution on bytes: read in place, or a copy of it on a grid, with padding around it where the taps
// of a filter's row are read as one run.
#ifndef APPROXLITE_ENGINE_BYTE_INPUT_H_
#define APPROXLITE_ENGINE_BYTE_INPUT_H_

#include <cstdint>

#include "engine/buffer.h"
#include "engine/operator.h"
#include "engine/plan.h"
#include "engine/thread_pool.h"
#include "kernels/kernels.h"

namespace approxlite {

class ByteInput {
 public:
  ByteInput(const Operator& op, const ConvReading& reading, const Form& form, const KernelTable& kernels);

  // Of the copy, a multiple of 64.
  size_t scratch_bytes() const;
  void bind(const void* input, uint8_t* scratch);
  // How the kernel finds the bytes.
  Windows windows(const PixelGrid& grid) const;

  // The grid of the bytes, before read().
  void set_grid(const Grid& grid);
  // The grid that covers a float input.
  Grid covering_grid(ThreadPool& pool) const;
  // Makes the copy, if any.
  void read(ThreadPool& pool) const;

  size_t bytes() const { return padding_.bytes(); }

 private:
  // `size` inputs from number `first` on, as bytes.
  void convert(size_t first, size_t size, uint8_t* to) const;
  // Rows of the copy with padding around it.
  void convert_rows(int begin, int end) const;

  const Operator& op_;
  const ConvReading reading_;
  const KernelTable& kernels_;
  const bool is_bytes_, copied_;
  Grid grid_;
  Buffer padding_;
  const void* input_ = nullptr;
  uint8_t* copy_ = nullptr;
};

}  // namespace approxlite

#endif  // APPROXLITE_ENGINE_BYTE_INPUT_H_
