// Weights of one weighted operator in the forms its plans need. Every form is made once, at the first plan that asks,
// and shared by all knobs and rungs.
#ifndef APPROXLITE_ENGINE_WEIGHTS_H_
#define APPROXLITE_ENGINE_WEIGHTS_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/buffer.h"
#include "engine/operator.h"
#include "kernels/kernels.h"

namespace approxlite {

// Symmetric 8-bit weights, one scale per output channel. An 8-bit model's own integers are kept as they are.
struct Int8Weights {
  Buffer packed;
  std::vector<int8_t> values;  // [output][tap][4 * groups], padding 0
  std::vector<float> scales;   // [output]
};

class Weights {
 public:
  // `run` inputs are contiguous under each of `taps` taps: the K order of kernels.h.
  Weights(const WeightSource& source, int taps, int run, const KernelTable& kernels)
      : source_(source), taps_(taps), run_(run), kernels_(kernels) {}

  int taps() const { return taps_; }
  int run() const { return run_; }
  int groups() const { return (run_ + 3) / 4; }
  int output_channels() const { return source_.rows; }
  const float* bias() const { return source_.bias; }

  const Buffer& float_pack();
  const Int8Weights& int8();
  size_t bytes() const;

 private:
  const WeightSource& source_;
  int taps_, run_;
  const KernelTable& kernels_;
  Buffer float_pack_;
  std::unique_ptr<Int8Weights> int8_;
};

}  // namespace approxlite

#endif  // APPROXLITE_ENGINE_WEIGHTS_H_
