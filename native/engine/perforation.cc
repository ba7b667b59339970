#include "engine/perforation.h"

#include <algorithm>

namespace approxlite {
namespace {

// About how many bytes are worth waking a worker for.
constexpr size_t kBytesWorthSharing = 100000;

void mean_of(const KernelTable& kernels, const float* const* sources, int count, const Pixels& pixels, float* y) {
  kernels.mean_of(sources, count, pixels, y);
}
void mean_of(const KernelTable& kernels, const uint8_t* const* sources, int count, const Pixels& pixels, uint8_t* y) {
  kernels.mean_of_bytes(sources, count, pixels, y);
}

// Fills in pixels that lie `part` of `parts` (at most 4) of the way from one to another.
void blend(const KernelTable& kernels, const float* from, const float* to, int part, int parts, const Pixels& pixels,
           float* y) {
  kernels.blend(from, to, static_cast<float>(part) / static_cast<float>(parts), pixels, y);
}
void blend(const KernelTable& kernels, const uint8_t* from, const uint8_t* to, int part, int parts,
           const Pixels& pixels, uint8_t* y) {
  const uint8_t* sources[4];
  for (int s = 0; s < parts; ++s) sources[s] = s < parts - part ? from : to;
  kernels.mean_of_bytes(sources, parts, pixels, y);
}

// The lines of 0..size-1 that are not among `computed`, whose first line is 0.
std::vector<FilledLines> lines_between(const std::vector<int32_t>& computed, int size) {
  std::vector<FilledLines> lines;
  size_t after = 0;
  for (int32_t line = 0; line < size; ++line) {
    if (after < computed.size() && computed[after] == line) {
      ++after;
      continue;
    }
    const int32_t before = computed[after - 1];
    lines.push_back({line, line - before, after < computed.size() ? computed[after] - line : 0});
  }
  return lines;
}

// The same with those put together that lie alike and a fixed step apart.
std::vector<FilledLines> put_together(const std::vector<FilledLines>& lines) {
  std::vector<FilledLines> groups;
  for (const FilledLines& line : lines) {
    const auto alike = [&](const FilledLines& group) {
      return group.before == line.before && group.after == line.after &&
             (group.count == 1 || line.first == group.first + group.count * group.step);
    };
    const auto group = std::find_if(groups.begin(), groups.end(), alike);
    if (group == groups.end()) {
      groups.push_back(line);
      continue;
    }
    group->step = (line.first - group->first) / group->count;
    ++group->count;
  }
  return groups;
}

// Linear between computed lines, constant past the last. Line i is the `size` elements from first + i * size on; the
// same in `rows` images, `row_step` elements apart.
template <class T>
void fill_lines(const KernelTable& kernels, const FilledLines& lines, size_t size, T* first, size_t rows = 1,
                size_t row_step = 0) {
  T* const target = first + static_cast<size_t>(lines.first) * size;
  const T* const from = target - static_cast<size_t>(lines.before) * size;
  const Pixels pixels = {size, static_cast<size_t>(lines.count), static_cast<size_t>(lines.step) * size, rows,
                         row_step};
  if (lines.after == 0) return mean_of(kernels, &from, 1, pixels, target);
  blend(kernels, from, target + static_cast<size_t>(lines.after) * size, lines.before, lines.before + lines.after,
        pixels, target);
}

// In `count` rows y, y + 2 ..., which have the same neighbours above and below, pixels whose row and column add up to
// an odd number become the mean of their neighbours.
template <class T>
void fill_checker_rows(const KernelTable& kernels, const Shape& shape, int y, int count, T* output) {
  const size_t pixel = static_cast<size_t>(shape.channels), row = pixel * static_cast<size_t>(shape.width);
  const auto fill_from = [&](int x, int columns) {
    T* const target = output + static_cast<size_t>(y) * row + static_cast<size_t>(x) * pixel;
    const T* sources[4];
    int known = 0;
    if (y > 0) sources[known++] = target - row;
    if (y + 1 < shape.height) sources[known++] = target + row;
    if (x > 0) sources[known++] = target - pixel;
    if (x + 1 < shape.width) sources[known++] = target + pixel;
    if (known == 0) return;
    mean_of(kernels, sources, known,
            {pixel, static_cast<size_t>(columns), 2 * pixel, static_cast<size_t>(count), 2 * row}, target);
  };
  int x = 1 - y % 2;
  if (x == 0) {
    fill_from(0, 1);
    x = 2;
  }
  const int inside = std::max(0, (shape.width - x) / 2);  // with neighbours on both sides
  if (inside > 0) fill_from(x, inside);
  if (x + 2 * inside < shape.width) fill_from(x + 2 * inside, 1);
}

// Rows [begin, end).
template <class T>
void fill_checker(const KernelTable& kernels, const Shape& shape, int begin, int end, T* output) {
  if (begin == 0) fill_checker_rows(kernels, shape, begin++, 1, output);
  if (end == shape.height && end > begin) fill_checker_rows(kernels, shape, --end, 1, output);
  for (int y = begin; y < std::min(begin + 2, end); ++y) {
    fill_checker_rows(kernels, shape, y, (end - y + 1) / 2, output);
  }
}

// Calls fill(begin, end) for bands of lines that fit the innermost cache; `line_bytes` is what each covers.
template <class Fill>
void in_bands(int begin, int end, size_t line_bytes, const Fill& fill) {
  constexpr size_t kCachedBytes = 16 << 10;
  const int lines = static_cast<int>(kCachedBytes / line_bytes) + 2;
  for (; begin < end; begin += lines) fill(begin, std::min(begin + lines, end));
}

}  // namespace

std::vector<int32_t> computed_lines(int size, Fraction fraction) {
  std::vector<int32_t> lines;
  const int period = fraction.denominator;
  const bool leaves_one_out = fraction.numerator == period - 1;
  for (int i = 0; i < size; ++i) {
    const bool computed = fraction.whole() || (leaves_one_out ? i % period != period - 1 : i % period == 0);
    if (computed) lines.push_back(i);
  }
  return lines;
}

Perforation::Perforation(const Shape& shape, const Knob& knob, const Pattern& demand) : shape_(shape) {
  const Pattern own = pattern_of(knob);
  const Pattern computed = own.whole() ? demand : own;
  rows_ = computed_lines(shape.height, computed.rows);
  columns_ = computed_lines(shape.width, computed.cols);
  checker_ = computed.checker;
  fills_ = !own.whole() && !(own == demand);
  if (!fills_) return;
  filled_rows_ = lines_between(rows_, shape.height);
  filled_columns_ = put_together(lines_between(columns_, shape.width));
}

// Of the computed rows number `begin` up to `end`.
template <class T>
void Perforation::fill_columns(const KernelTable& kernels, int begin, int end, T* output) const {
  const size_t pixel = static_cast<size_t>(shape_.channels), row = pixel * static_cast<size_t>(shape_.width);
  const auto row_at = [&](int i) { return rows_[static_cast<size_t>(i)]; };
  for (int count; begin < end; begin += count) {
    const int32_t step = begin + 1 < end ? row_at(begin + 1) - row_at(begin) : 0;
    count = 1;
    while (begin + count < end && row_at(begin + count) - row_at(begin + count - 1) == step) ++count;
    T* const first = output + static_cast<size_t>(row_at(begin)) * row;
    for (const FilledLines& columns : filled_columns_) {
      fill_lines(kernels, columns, pixel, first, static_cast<size_t>(count), static_cast<size_t>(step) * row);
    }
  }
}

template <class T>
void Perforation::fill_any(const KernelTable& kernels, ThreadPool& pool, T* output) const {
  if (!fills_) return;
  const size_t pixel = static_cast<size_t>(shape_.channels), row = pixel * static_cast<size_t>(shape_.width);
  const int grain = static_cast<int>(kBytesWorthSharing / (sizeof(T) * row)) + 1;
  if (checker_) {
    pool.split(shape_.height, grain, [&](int begin, int end, int) {
      in_bands(begin, end, sizeof(T) * row,
               [&](int first, int last) { fill_checker(kernels, shape_, first, last, output); });
    });
    return;
  }
  if (!filled_columns_.empty()) {
    pool.split(static_cast<int>(rows_.size()), grain, [&](int begin, int end, int) {
      in_bands(begin, end, sizeof(T) * row, [&](int first, int last) { fill_columns(kernels, first, last, output); });
    });
  }
  pool.split(static_cast<int>(filled_rows_.size()), grain, [&](int begin, int end, int) {
    for (int i = begin; i < end; ++i) fill_lines(kernels, filled_rows_[static_cast<size_t>(i)], row, output);
  });
}

void Perforation::fill(const KernelTable& kernels, ThreadPool& pool, float* output) const {
  fill_any(kernels, pool, output);
}
void Perforation::fill(const KernelTable& kernels, ThreadPool& pool, uint8_t* output) const {
  fill_any(kernels, pool, output);
}

size_t Perforation::bytes() const {
  return sizeof(int32_t) * (rows_.size() + columns_.size()) +
         sizeof(FilledLines) * (filled_rows_.size() + filled_columns_.size());
}

}  // namespace approxlite
