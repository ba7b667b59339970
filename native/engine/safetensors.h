// The header of a safetensors file: which named arrays lie where. Read strictly, since anybody may have written it.
#ifndef APPROXLITE_ENGINE_SAFETENSORS_H_
#define APPROXLITE_ENGINE_SAFETENSORS_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace approxlite {

struct StoredTensor {
  std::string name;               // as it is written: escapes are not resolved, and names of ours have none
  std::string type;               // "F32", "I32", ...
  std::vector<uint64_t> shape;    // at most kMostDimensions
  uint64_t begin = 0, end = 0;    // bytes within the data
};

inline constexpr size_t kMostHeaderBytes = size_t{1} << 20;
inline constexpr size_t kMostTensors = 4096;
inline constexpr size_t kMostDimensions = 4;

// The tensors of a header, in the order of their data, which they fill without gap or overlap: `data_bytes` is what
// follows the header. "__metadata__" is skipped. On failure returns false with one line in `error`.
bool parse_safetensors_header(std::string_view header, uint64_t data_bytes, std::vector<StoredTensor>* tensors,
                              std::string* error);

}  // namespace approxlite

#endif  // APPROXLITE_ENGINE_SAFETENSORS_H_
