// Calibrated weights that a configuration brings along: a safetensors file (weights.bin, or rungs.bin inside a policy),
// mapped into memory and checked once. Nothing in it is trusted.
#ifndef APPROXLITE_ENGINE_RUNG_WEIGHTS_H_
#define APPROXLITE_ENGINE_RUNG_WEIGHTS_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace approxlite {

// Weights of one operator for one fraction, pointing into the file.
struct OperatorWeights {
  // inputs:f: numbers of the groups of four inputs that are read, ascending over all of K (tap * groups per tap + group).
  const int32_t* groups = nullptr;
  int group_count = 0;
  const float* weights = nullptr;  // inputs:f: [output][4 * group_count]; rank:f: the second factor, [output][rank]
  const float* first = nullptr;  // rank:f: the first factor, [rank][K]
  int rank = 0;
  const float* bias = nullptr;  // [output]
  int outputs = 0;
  int k = 0;  // K as the file believes, for rank:f
};

class RungWeights {
 public:
  // Maps `bytes` bytes of the file from `offset` on (0 bytes: to its end) and checks them. Null with one line in `error`.
  static std::shared_ptr<const RungWeights> open(const char* path, uint64_t offset, uint64_t bytes, std::string* error);
  // The same of what lies in memory already, which is borrowed for as long as anything that was found here is in use.
  static std::shared_ptr<const RungWeights> view(const void* content, size_t bytes, std::string* error);
  ~RungWeights();
  RungWeights(const RungWeights&) = delete;

  // What is there for "<operator id>/<atom>", e.g. "conv_2d_7/inputs:1/2": first under "<rung>/" if `rung` is not empty,
  // else shared by all rungs. Null if nothing. The same object each time, kept alive by the mapping.
  std::shared_ptr<const OperatorWeights> find(std::string_view rung, std::string_view operator_id,
                                              std::string_view atom) const;

 private:
  struct State;
  explicit RungWeights(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace approxlite

#endif  // APPROXLITE_ENGINE_RUNG_WEIGHTS_H_
