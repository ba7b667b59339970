#include "controller/agreement.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace approxlite {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

float label_share(const float* exact, const float* answer, size_t count, size_t classes) {
  size_t differing = 0;
  for (size_t at = 0; at < count; at += classes) {
    const int32_t a = top_of(exact + at, classes), b = top_of(answer + at, classes);
    if (a < 0 || b < 0) return kInfinity;
    differing += a != b;
  }
  return static_cast<float>(static_cast<double>(differing) / static_cast<double>(count / classes));
}

struct Differences {
  double sum = 0, squares = 0, largest = 0;
};

// NaN in any of them if an entry is not finite.
Differences differences(const float* exact, const float* answer, size_t count) {
  Differences of;
  for (size_t i = 0; i < count; ++i) {
    const double difference = std::fabs(static_cast<double>(exact[i]) - static_cast<double>(answer[i]));
    of.sum += difference;
    of.squares += difference * difference;
    of.largest = std::max(of.largest, difference);
  }
  return of;
}

}  // namespace

bool valid(const approx_agreement& agreement) {
  return agreement.loss >= APPROX_LOSS_TOP_ONE && agreement.loss <= APPROX_LOSS_ROOT_MEAN_SQUARE &&
         agreement.classes >= 1 && std::isfinite(agreement.tolerance) && agreement.tolerance >= 0.0f;
}

bool comparable(const approx_agreement& agreement, size_t exact_count, size_t count, const int32_t* class_map) {
  if (exact_count == 0 || count == 0) return false;
  if (agreement.loss == APPROX_LOSS_TOP_ONE && class_map != nullptr) return true;
  if (exact_count != count) return false;
  return agreement.loss != APPROX_LOSS_LABEL_SHARE || count % static_cast<size_t>(agreement.classes) == 0;
}

int32_t top_of(const float* output, size_t count) {
  size_t top = 0;
  for (size_t i = 0; i < count; ++i) {
    if (!std::isfinite(output[i])) return -1;
    if (output[i] > output[top]) top = i;
  }
  return static_cast<int32_t>(top);
}

float loss_of(const approx_agreement& agreement, const float* exact, size_t exact_count, const float* answer,
              size_t count, const int32_t* class_map) {
  if (agreement.loss == APPROX_LOSS_TOP_ONE) {
    const int32_t right = top_of(exact, exact_count), top = top_of(answer, count);
    if (right < 0 || top < 0) return kInfinity;
    return right == (class_map == nullptr ? top : class_map[top]) ? 0.0f : 1.0f;
  }
  if (agreement.loss == APPROX_LOSS_LABEL_SHARE) {
    return label_share(exact, answer, count, static_cast<size_t>(agreement.classes));
  }
  const Differences of = differences(exact, answer, count);
  if (!std::isfinite(of.sum)) return kInfinity;
  const auto entries = static_cast<double>(count);
  switch (agreement.loss) {
    case APPROX_LOSS_MEAN_ABSOLUTE: return static_cast<float>(of.sum / entries);
    case APPROX_LOSS_LARGEST_ABSOLUTE: return static_cast<float>(of.largest);
    default: return static_cast<float>(std::sqrt(of.squares / entries));
  }
}

}  // namespace approxlite

approx_status approx_losses(const approx_agreement* agreement, const float* exact, size_t exact_count,
                            const float* answers, size_t count, const int32_t* class_map, size_t samples,
                            float* losses) {
  if (agreement == nullptr || exact == nullptr || answers == nullptr || losses == nullptr) {
    return APPROX_INVALID_ARGUMENT;
  }
  if (!approxlite::valid(*agreement) || !approxlite::comparable(*agreement, exact_count, count, class_map)) {
    return APPROX_INVALID_ARGUMENT;
  }
  for (size_t i = 0; i < samples; ++i) {
    losses[i] =
        approxlite::loss_of(*agreement, exact + i * exact_count, exact_count, answers + i * count, count, class_map);
  }
  return APPROX_OK;
}
