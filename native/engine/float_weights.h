// Weights as floats without a copy of those that are floats already: packing a model leaves no holes of its layers' size.
#ifndef APPROXLITE_ENGINE_FLOAT_WEIGHTS_H_
#define APPROXLITE_ENGINE_FLOAT_WEIGHTS_H_

#include <vector>

#include "engine/operator.h"

namespace approxlite {

// As they lie in the model, or made of what it has; `source` outlives it.
class FloatWeights {
 public:
  FloatWeights(const WeightSource& source, bool scale_per_column)
      : in_place_(source.type == ElementType::kFloat32 ? static_cast<const float*>(source.data) : nullptr) {
    if (in_place_ == nullptr) made_ = source.floats(scale_per_column);
  }
  const float* data() const { return in_place_ != nullptr ? in_place_ : made_.data(); }
  float operator[](size_t i) const { return data()[i]; }

 private:
  const float* in_place_;
  std::vector<float> made_;
};

}  // namespace approxlite

#endif  // APPROXLITE_ENGINE_FLOAT_WEIGHTS_H_
