#include "engine/weights.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numeric>

#include "engine/float_weights.h"
#include "engine/own_weights.h"
#include "engine/symmetric_weights.h"

namespace approxlite {
namespace {

// Symmetric, the largest weight of each output at 127. `values` are [outputs][k].
std::vector<int8_t> quantize(const float* values, size_t k, std::vector<float>* scales) {
  std::vector<int8_t> quantized(scales->size() * k);
  for (size_t o = 0; o < scales->size(); ++o) {
    float largest = 0;
    for (size_t i = 0; i < k; ++i) largest = std::fmax(largest, std::fabs(values[o * k + i]));
    const float scale = symmetric_scale(largest);
    (*scales)[o] = scale;
    for (size_t i = 0; i < k; ++i) quantized[o * k + i] = symmetric_weight(values[o * k + i], scale);
  }
  return quantized;
}

// A model's own integers; unsigned ones are shifted so that they are signed.
std::vector<int8_t> signed_integers(const WeightSource& source) {
  const size_t count = static_cast<size_t>(source.rows) * source.columns;
  std::vector<int8_t> values(count);
  const uint8_t flip = source.type == ElementType::kUInt8 ? 128 : 0;
  const auto* from = static_cast<const uint8_t*>(source.data);
  for (size_t i = 0; i < count; ++i) values[i] = static_cast<int8_t>(from[i] ^ flip);
  return values;
}

// Rows of `run` weights filled up with zeros to whole groups.
std::vector<int8_t> fill_up(const std::vector<int8_t>& values, size_t run) {
  const size_t padded = (run + 3) / 4 * 4;
  if (padded == run) return values;
  std::vector<int8_t> filled(values.size() / run * padded);
  for (size_t row = 0; row < values.size() / run; ++row) {
    std::copy_n(values.data() + row * run, run, filled.data() + row * padded);
  }
  return filled;
}

// Whole groups of four, [outputs][groups]: the model's own integers where they lie, or made of what it has.
class Int8Values {
 public:
  Int8Values(const WeightSource& source, int run) : scales(source.scales) {
    if (source.type == ElementType::kInt8 && run % 4 == 0) {
      in_place_ = static_cast<const int8_t*>(source.data);
      size_ = static_cast<size_t>(source.rows) * source.columns;
      return;
    }
    if (!source.eight_bit()) scales.resize(static_cast<size_t>(source.rows));
    made_ = fill_up(source.eight_bit()
                        ? signed_integers(source)
                        : quantize(FloatWeights(source, false).data(), static_cast<size_t>(source.columns), &scales),
                    static_cast<size_t>(run));
    size_ = made_.size();
  }
  const int8_t* data() const { return in_place_ != nullptr ? in_place_ : made_.data(); }
  size_t size() const { return size_; }

  std::vector<float> scales;  // [outputs]

 private:
  const int8_t* in_place_ = nullptr;
  size_t size_;
  std::vector<int8_t> made_;
};

// `values` are [outputs][k], k whole groups of four.
void pack(const int8_t* values, size_t k, const KernelTable& kernels, Int8Weights* weights) {
  const int outputs = static_cast<int>(weights->scales.size()), groups = static_cast<int>(k / 4);
  weights->packed = Buffer(kernels.conv_int8_packed_bytes(groups, outputs));
  kernels.conv_int8_pack(values, groups, outputs, weights->packed.data());
  weights->sums.resize(weights->scales.size());
  for (size_t o = 0; o < weights->sums.size(); ++o) {
    weights->sums[o] = std::accumulate(values + o * k, values + (o + 1) * k, 0);
  }
}

size_t size_of(const Int8Weights& weights) {
  return weights.packed.bytes() + sizeof(float) * weights.scales.size() + sizeof(int32_t) * weights.sums.size();
}

}  // namespace

const Buffer& Weights::float_pack() {
  if (float_pack_.data() == nullptr) {
    const int k = taps_ * run_;
    const FloatWeights values(source_, false);
    float_pack_ = Buffer(kernels_.conv_float_packed_bytes(k, source_.rows));
    kernels_.conv_float_pack(values.data(), source_.bias, k, source_.rows, float_pack_.data());
  }
  return float_pack_;
}

const Int8Weights& Weights::int8() {
  if (int8_ != nullptr) return *int8_;
  int8_ = std::make_unique<Int8Weights>();
  Int8Values values(source_, run_);
  int8_->scales = std::move(values.scales);
  if (source_.type == ElementType::kUInt8) int8_->zero_point = source_.zero_point - 128;
  pack(values.data(), values.size() / int8_->scales.size(), kernels_, int8_.get());
  return *int8_;
}

std::vector<int16_t> Weights::group_sums() const {
  const Int8Values values(source_, run_);
  std::vector<int16_t> sums(values.size() / 4);
  for (size_t i = 0; i < sums.size(); ++i) {
    const int8_t* const w = values.data() + 4 * i;
    sums[i] = static_cast<int16_t>(w[0] + w[1] + w[2] + w[3]);
  }
  return sums;
}

const SubsetWeights& Weights::subset(Fraction share, const std::shared_ptr<const OperatorWeights>& own, bool int8) {
  assert(run_ % 4 == 0);
  // What belongs to calibrated weights nobody holds any more goes with them: their address may come back as another's.
  std::erase_if(subsets_,
                [](const auto& subset) { return subset.first.own != nullptr && subset.second.own.expired(); });
  const auto [place, made] = subsets_.try_emplace({share.numerator, share.denominator, own.get(), int8});
  SubsetWeights& subset = place->second.weights;
  if (!made) return subset;
  place->second.own = own;

  const bool calibrated = own != nullptr && fits_inputs(*own, taps_, run_, source_.rows);
  const int64_t all = static_cast<int64_t>(taps_) * groups();
  std::vector<int32_t> listed;
  if (calibrated) {
    listed.assign(own->groups, own->groups + own->group_count);
  } else {
    const int64_t count = std::max<int64_t>(1, all * share.numerator / share.denominator);
    for (int64_t i = 0; i < count; ++i) listed.push_back(static_cast<int32_t>(i * all / count));
  }
  subset.begin.push_back(0);
  for (int tap = 0; tap < taps_; ++tap) {
    for (size_t i = subset.entries.size(); i < listed.size() && listed[i] / groups() == tap; ++i) {
      subset.entries.push_back(listed[i] % groups());
    }
    subset.begin.push_back(static_cast<int32_t>(subset.entries.size()));
  }

  const size_t outputs = static_cast<size_t>(source_.rows), k = 4 * listed.size();
  std::vector<float> values(outputs * k);
  if (calibrated) {
    std::copy_n(own->weights, values.size(), values.data());
    subset.bias.assign(own->bias, own->bias + outputs);
  } else {
    const FloatWeights whole(source_, false);
    for (size_t i = 0; i < values.size() / 4; ++i) {
      const size_t o = i / listed.size(), group = static_cast<size_t>(listed[i % listed.size()]);
      std::copy_n(whole.data() + o * static_cast<size_t>(source_.columns) + 4 * group, 4, values.data() + 4 * i);
    }
    subset.bias.assign(outputs, 0.0f);
    if (source_.bias != nullptr) std::copy_n(source_.bias, outputs, subset.bias.data());
  }
  if (int8) {
    subset.int8.scales.resize(outputs);
    pack(quantize(values.data(), k, &subset.int8.scales).data(), k, kernels_, &subset.int8);
  } else {
    subset.float_pack = Buffer(kernels_.conv_float_packed_bytes(static_cast<int>(k), source_.rows));
    kernels_.conv_float_pack(values.data(), subset.bias.data(), static_cast<int>(k), source_.rows,
                             subset.float_pack.data());
  }
  return subset;
}

size_t Weights::bytes() const {
  size_t total = float_pack_.bytes() + depthwise_float_.bytes();
  if (int8_ != nullptr) total += size_of(*int8_);
  if (depthwise_int8_ != nullptr) {
    total += depthwise_int8_->packed.bytes() + sizeof(float) * depthwise_int8_->scales.size();
  }
  for (const auto& [key, subset] : subsets_) {
    const SubsetWeights& weights = subset.weights;
    total += sizeof(int32_t) * (weights.begin.size() + weights.entries.size()) + sizeof(float) * weights.bias.size() +
             weights.float_pack.bytes() + size_of(weights.int8);
  }
  return total;
}

}  // namespace approxlite
