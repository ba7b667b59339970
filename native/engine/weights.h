// Weights of one weighted operator in the forms its plans need. Every form is made once, at the first plan that asks,
// and shared by all knobs and rungs.
#ifndef APPROXLITE_ENGINE_WEIGHTS_H_
#define APPROXLITE_ENGINE_WEIGHTS_H_

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "engine/buffer.h"
#include "engine/operator.h"
#include "engine/rung_weights.h"
#include "kernels/kernels.h"

namespace approxlite {

// 8-bit weights, one scale per output channel: symmetric, but for those of unsigned models, which have a zero point.
// An 8-bit model's own integers are kept as they are (unsigned ones shifted by 128).
struct Int8Weights {
  Buffer packed;
  std::vector<float> scales;   // [output]
  int32_t zero_point = 0;      // -128..127
  std::vector<int32_t> sums;   // [output] of all weights: what `start` needs
};

// A subset of K with weights of its own: inputs:f.
struct SubsetWeights {
  std::vector<int32_t> begin, entries;  // a KList of groups, compact
  Buffer float_pack;                    // if made for float
  Int8Weights int8;                     // if made for int8; sums over listed groups
  std::vector<float> bias;              // [output]
};

// 8-bit weights of a depthwise convolution, what their tensor's zero point was taken off already.
struct DepthwiseInt8Weights {
  Buffer packed;
  std::vector<float> scales;  // [channels]
};

class Weights {
 public:
  // `run` inputs are contiguous under each of `taps` taps: the K order of kernels.h. Depthwise: taps rows of `run`.
  Weights(const WeightSource& source, int taps, int run, const KernelTable& kernels)
      : source_(source), taps_(taps), run_(run), kernels_(kernels) {}

  int taps() const { return taps_; }
  int run() const { return run_; }
  int groups() const { return (run_ + 3) / 4; }
  int output_channels() const { return source_.rows; }
  const float* bias() const { return source_.bias; }
  const WeightSource& source() const { return source_; }

  const Buffer& float_pack();
  const Int8Weights& int8();
  // Of int8(), the sum of every group of four, [output][tap * groups]: `start` of those that read some groups only. Made
  // anew at each call.
  std::vector<int16_t> group_sums() const;
  // Of `own` where there are some, else a placeholder: evenly spread groups with the weights they have. `share` is the
  // knob's fraction.
  const SubsetWeights& subset(Fraction share, const std::shared_ptr<const OperatorWeights>& own, bool int8);
  // Of a depthwise convolution.
  const Buffer& depthwise_float();
  const DepthwiseInt8Weights& depthwise_int8();
  size_t bytes() const;

 private:
  struct SubsetKey {
    int numerator, denominator;
    const OperatorWeights* own;
    bool int8;
    auto operator<=>(const SubsetKey&) const = default;
  };

  const WeightSource& source_;
  int taps_, run_;
  const KernelTable& kernels_;
  Buffer float_pack_;
  std::unique_ptr<Int8Weights> int8_;
  struct Subset {
    SubsetWeights weights;
    std::weak_ptr<const OperatorWeights> own;
  };
  std::map<SubsetKey, Subset> subsets_;
  Buffer depthwise_float_;
  std::unique_ptr<DepthwiseInt8Weights> depthwise_int8_;
};

}  // namespace approxlite

#endif  // APPROXLITE_ENGINE_WEIGHTS_H_
