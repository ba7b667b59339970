#include "agent/latencies.h"

#include <algorithm>
#include <cmath>

namespace approxlite::agent {

Latencies::Latencies(size_t capacity) : capacity_(std::max<size_t>(capacity, 2)) { kept_.reserve(capacity_); }

void Latencies::clear() {
  kept_.clear();
  stride_ = 1;
  count_ = total_ = minimum_ = maximum_ = 0;
}

void Latencies::add(int64_t ns) {
  minimum_ = count_ == 0 ? ns : std::min(minimum_, ns);
  maximum_ = std::max(maximum_, ns);
  total_ += ns;
  if (count_++ % stride_ != 0) return;
  if (kept_.size() == capacity_) {
    // Every second one stays, and from now on every second of those that come.
    const size_t half = (kept_.size() + 1) / 2;
    for (size_t i = 0; i < half; ++i) kept_[i] = kept_[2 * i];
    kept_.resize(half);
    stride_ *= 2;
    if ((count_ - 1) % stride_ != 0) return;
  }
  kept_.push_back(ns);
}

int64_t Latencies::quantile(double share) const {
  if (kept_.empty()) return 0;
  std::vector<int64_t> sorted = kept_;
  const double rank = std::ceil(share * static_cast<double>(sorted.size()));
  const size_t place = rank < 1 ? 0 : std::min(static_cast<size_t>(rank) - 1, sorted.size() - 1);
  std::nth_element(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(place), sorted.end());
  return sorted[place];
}

}  // namespace approxlite::agent
