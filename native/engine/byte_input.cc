#include "engine/byte_input.h"

#include <algorithm>
#include <cstring>

#include "engine/conv_sharing.h"
#include "engine/int8_steps.h"

namespace approxlite {
namespace {

constexpr int kBytesWorthSharing = 50000;

}  // namespace

ByteInput::ByteInput(const Operator& op, const ConvReading& reading, const Form& form, const KernelTable& kernels)
    : op_(op),
      reading_(reading),
      kernels_(kernels),
      is_bytes_(form.bytes),
      copied_(!form.bytes || reading.folded),
      padding_(static_cast<size_t>(reading.run)) {
  set_grid(form.grid);
}

size_t ByteInput::scratch_bytes() const {
  if (!copied_) return 0;
  const size_t pixels = reading_.folded ? static_cast<size_t>(reading_.padded_height) * reading_.padded_width
                                        : static_cast<size_t>(op_.in.height) * op_.in.width;
  return in_whole_lines(pixels * static_cast<size_t>(op_.in.channels) + kReadSlackBytes);
}

void ByteInput::bind(const void* input, uint8_t* scratch) {
  input_ = input;
  copy_ = scratch;
}

Windows ByteInput::windows(const PixelGrid& grid) const {
  Windows windows = windows_of(op_, reading_, sizeof(uint8_t), grid);
  windows.input = copied_ ? copy_ : input_;
  windows.padding = padding_.data();
  return windows;
}

void ByteInput::set_grid(const Grid& grid) {
  grid_ = grid;
  std::memset(padding_.data(), grid.zero_point, padding_.bytes());
}

Grid ByteInput::covering_grid(ThreadPool& pool) const {
  float lows[ThreadPool::kMostThreads] = {}, highs[ThreadPool::kMostThreads] = {};
  pool.split(static_cast<int>(op_.in.size()), kBytesWorthSharing, [&](int begin, int end, int thread) {
    float low, high;
    kernels_.range(static_cast<const float*>(input_) + begin, static_cast<size_t>(end - begin), &low, &high);
    lows[thread] = std::min(lows[thread], low);
    highs[thread] = std::max(highs[thread], high);
  });
  return grid_over(*std::min_element(lows, lows + ThreadPool::kMostThreads),
                   *std::max_element(highs, highs + ThreadPool::kMostThreads));
}

void ByteInput::read(ThreadPool& pool) const {
  if (reading_.folded) {
    const int padded_row = reading_.padded_width * op_.in.channels;
    // Groups of four take as long as single floats.
    const int64_t work = op_.multiply_accumulates / 4;
    pool.split(reading_.padded_height, copied_rows_worth_sharing(work, reading_.padded_height, padded_row),
               [this](int begin, int end, int) { convert_rows(begin, end); });
  } else if (copied_) {
    pool.split(static_cast<int>(op_.in.size()), kBytesWorthSharing, [this](int begin, int end, int) {
      convert(static_cast<size_t>(begin), static_cast<size_t>(end - begin), copy_ + begin);
    });
  }
}

void ByteInput::convert(size_t first, size_t size, uint8_t* to) const {
  if (is_bytes_) {
    std::memcpy(to, static_cast<const uint8_t*>(input_) + first, size);
  } else {
    kernels_.quantize(static_cast<const float*>(input_) + first, size, 1.0f / grid_.scale, grid_.zero_point, to);
  }
}

void ByteInput::convert_rows(int begin, int end) const {
  const size_t row = static_cast<size_t>(op_.in.width) * op_.in.channels;
  const size_t padded_row = static_cast<size_t>(reading_.padded_width) * op_.in.channels;
  const size_t left = static_cast<size_t>(op_.window.pad_left) * op_.in.channels;
  for (int y = begin; y < end; ++y) {
    uint8_t* const target = copy_ + static_cast<size_t>(y) * padded_row;
    const int source = y - op_.window.pad_top;
    if (source < 0 || source >= op_.in.height) {
      std::memset(target, grid_.zero_point, padded_row);
      continue;
    }
    std::memset(target, grid_.zero_point, left);
    convert(static_cast<size_t>(source) * row, row, target + left);
    std::memset(target + left + row, grid_.zero_point, padded_row - left - row);
  }
}

}  // namespace approxlite
