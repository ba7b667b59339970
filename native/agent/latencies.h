// How long single inferences took.
#ifndef APPROXLITE_AGENT_LATENCIES_H_
#define APPROXLITE_AGENT_LATENCIES_H_

#include <cstddef>
#include <cstdint>
#include <vector>

namespace approxlite::agent {

// Total, extremes and count are of all; median and 99th percentile, once there are more than `capacity`, of every
// second, fourth, ... one. Adding does not allocate.
class Latencies {
 public:
  explicit Latencies(size_t capacity);

  void clear();
  void add(int64_t ns);

  int64_t count() const { return count_; }
  int64_t total() const { return total_; }
  int64_t minimum() const { return minimum_; }
  int64_t maximum() const { return maximum_; }
  // The smallest kept value that at least `share` of the kept ones do not exceed; 0 if there are none.
  int64_t quantile(double share) const;

 private:
  std::vector<int64_t> kept_;
  size_t capacity_;
  int64_t stride_ = 1;
  int64_t count_ = 0, total_ = 0, minimum_ = 0, maximum_ = 0;
};

}  // namespace approxlite::agent

#endif  // APPROXLITE_AGENT_LATENCIES_H_
