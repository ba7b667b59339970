// Cuts lines of outputs into strips, once for all lines of an image.
#ifndef APPROXLITE_KERNELS_DEPTHWISE_CONV_2D_CUT_H_
#define APPROXLITE_KERNELS_DEPTHWISE_CONV_2D_CUT_H_

#include <cassert>

#include "kernels/depthwise_conv_2d/strip.h"

namespace approxlite::APPROX_VARIANT {
namespace {

// Channels [begin, end).
struct Range {
  int begin, end;
};

// `Kinds` names the kinds of vectors: Whole, Part and, for AVX-512, Half.
template <class Kinds>
class Cut {
 public:
  // Cuts `outputs` outputs into strips of nearly equal length. Tap 0 of the first lies at `position` along the line.
  Cut(const Line& line, int position, int outputs, Range channels) : line_(line) {
    const int strips = (outputs + kMostOutputs - 1) / kMostOutputs;
    const int size = outputs / strips, longer = outputs % strips;
    ptrdiff_t output = 0;
    add_strips(position, size + 1, longer, channels, output);
    position += longer * (size + 1) * line.stride;
    output += longer * (size + 1) * line.output_step;
    add_strips(position, size, strips - longer, channels, output);
  }
  Cut(const Cut&) = delete;  // its pieces point to its line

  // `output` is where output 0 of the line goes.
  void run(const Rows& rows, typename Kinds::Whole::Output* output) const {
    for (int i = 0; i < count_; ++i) pieces_[i].run(pieces_[i].stretch, rows, output + pieces_[i].output);
  }

 private:
  // Strips that are alike, one after the other.
  struct Piece {
    Strips run;
    Stretch stretch;
    ptrdiff_t output;
  };

  // Strips of one size, in pieces of one kind.
  void add_strips(int position, int size, int strips, Range channels, ptrdiff_t output) {
    for (int alike; strips > 0; strips -= alike) {
      const Kind kind = kind_at(position, size);
      alike = 1;
      while (alike < strips && kind_at(position + alike * size * line_.stride, size) == kind) ++alike;
      add_pieces({&line_, position, alike, channels.begin, channels.end}, kind, size, output);
      position += alike * size * line_.stride;
      output += alike * size * line_.output_step;
    }
  }

  Kind kind_at(int start, int outputs) const {
    const int stop = start + (outputs - 1) * line_.stride + (line_.taps - 1) * line_.dilation + 1;
    return kind_of(line_, start < 0 ? -start : 0, stop > line_.length ? stop - line_.length : 0);
  }

  // One piece for each kind of vectors that the channels fill.
  void add_pieces(Stretch stretch, Kind kind, int size, ptrdiff_t output) {
    const auto add_piece = [&](Strips run, int channels) {
      if (channels == 0) return;
      assert(count_ < kMostPieces);
      pieces_[count_] = {run, stretch, output};
      pieces_[count_++].stretch.end = stretch.begin += channels;
    };
    const int end = stretch.end;
    add_piece(strips_for<typename Kinds::Whole>(kind, size), (end - stretch.begin) / kLanes * kLanes);
#if defined(APPROX_AVX512)
    if (end - stretch.begin <= Kinds::Half::kCount) {
      return add_piece(strips_for<typename Kinds::Half>(kind, size), end - stretch.begin);
    }
#endif
    add_piece(strips_for<typename Kinds::Part>(kind, size), end - stretch.begin);
  }

  // Along a line strips change their length once, differ at its ends only, and hold a few kinds of vectors.
  static constexpr int kMostPieces = 16;
  Line line_;
  Piece pieces_[kMostPieces];
  int count_ = 0;
};

}  // namespace
}  // namespace approxlite::APPROX_VARIANT

#endif  // APPROXLITE_KERNELS_DEPTHWISE_CONV_2D_CUT_H_
