#include <algorithm>
#include <cmath>

#include "kernels/pool/pool.h"
#include "kernels/reference.h"

namespace approxlite::reference {
namespace {

// The part of a window inside the input: rows and columns from the first up to, not including, the last.
struct Inside {
  int first_row, last_row, first_column, last_column;
};

template <class Call>
Inside window_at(const Call& call, int row, int column) {
  const int top = row * call.stride_height - call.pad_top, left = column * call.stride_width - call.pad_left;
  return {std::max(top, 0), std::min(top + call.filter_height, call.height), std::max(left, 0),
          std::min(left + call.filter_width, call.width)};
}

// Calls each(input value) for the window's values of one channel, row by row.
template <class Call, class Each>
void every_input(const Call& call, const Inside& inside, int channel, const Each& each) {
  for (int row = inside.first_row; row < inside.last_row; ++row) {
    for (int column = inside.first_column; column < inside.last_column; ++column) {
      each(call.input[(static_cast<size_t>(row) * call.width + column) * call.channels + channel]);
    }
  }
}

// Sets every output to reduce(window, channel).
template <class Call, class Reduce>
void every_output(const Call& call, const Reduce& reduce) {
  auto* output = call.output;
  for (int row = 0; row < call.output_height; ++row) {
    for (int column = 0; column < call.output_width; ++column) {
      for (int channel = 0; channel < call.channels; ++channel)
        *output++ = reduce(window_at(call, row, column), channel);
    }
  }
}

int count_of(const Inside& inside) {
  return (inside.last_row - inside.first_row) * (inside.last_column - inside.first_column);
}

}  // namespace

void average_pool(const Pool& call) {
  every_output(call, [&](const Inside& inside, int channel) {
    bool first = true;
    float y = 0;
    every_input(call, inside, channel, [&](float x) {
      y = first ? x : y + x;
      first = false;
    });
    return clamp(y / static_cast<float>(count_of(inside)), call.low, call.high);
  });
}

void max_pool(const Pool& call) {
  every_output(call, [&](const Inside& inside, int channel) {
    bool first = true;
    float y = 0;
    every_input(call, inside, channel, [&](float x) {
      y = first || x > y ? x : y;
      first = false;
    });
    return clamp(y, call.low, call.high);
  });
}

void average_pool_bytes(const PoolBytes& call) {
  every_output(call, [&](const Inside& inside, int channel) {
    int32_t sum = 0;
    every_input(call, inside, channel, [&](uint8_t x) { sum += x; });
    const int count = count_of(inside);
    if (call.same_grid) {
      const int distance = sum - count * call.halves_from;
      const int mean = distance >= 0 ? (distance + count / 2) / count : -((count / 2 - distance) / count);
      return byte(clamp(static_cast<float>(call.halves_from + mean), call.low, call.high));
    }
    const float y =
        std::fma(static_cast<float>(sum - count * call.zero_point), call.scale / static_cast<float>(count), call.bias);
    return byte(clamp(y, call.low, call.high));
  });
}

void max_pool_bytes(const PoolBytes& call) {
  every_output(call, [&](const Inside& inside, int channel) {
    uint8_t y = 0;
    every_input(call, inside, channel, [&](uint8_t x) { y = std::max(x, y); });
    return byte(clamp(static_cast<float>(y), call.low, call.high));
  });
}

}  // namespace approxlite::reference
