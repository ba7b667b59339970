// Unpacks sparse constants.
#ifndef APPROXLITE_DELEGATE_DENSIFY_H_
#define APPROXLITE_DELEGATE_DENSIFY_H_

#include <memory>
#include <vector>

#include "delegate/tflite_abi.h"

namespace approxlite {

// All elements of a sparse constant of `element_bytes` each, zeros filled in; null if what describes it does not hold
// together. The layout is that of SparsityParameters in TFLite's schema: dense and compressed dimensions, blocks.
std::shared_ptr<std::vector<uint8_t>> densify(const tflite::Tensor& tensor, const std::vector<int>& dims,
                                              size_t element_bytes);

}  // namespace approxlite

#endif  // APPROXLITE_DELEGATE_DENSIFY_H_
