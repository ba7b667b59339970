#include "agent/measure.h"

#include <algorithm>

#include "agent/clock.h"

namespace approxlite::agent {
namespace {

constexpr size_t kLatencies = 1 << 20;
// Operators are timed in at most so many runs: their median needs no more.
constexpr int64_t kMostOperatorRuns = 1000;
// Facilities that a tool tells of are read at most so often: starting it takes time and power.
constexpr int64_t kToolsNs = kSecond;

int64_t nanoseconds(double seconds) { return static_cast<int64_t>(seconds * kSecond); }

class Measurement {
 public:
  Measurement(const Block& block, Runner* runner, const Device& device, const volatile sig_atomic_t* interrupted,
              Look* look, Measured* out)
      : block_(block), runner_(runner), device_(device), interrupted_(*interrupted), look_(*look), out_(*out) {}

  Came run() {
    out_.latencies.clear();
    out_.operator_ns.clear();
    out_.readings.clear();
    out_.output_sha256.clear();
    out_.before = look_.state;
    longest_ns_ = boot_ns() + nanoseconds(block_.longest_s);
    // Room for every reading: a reading within the block does not allocate.
    const double instants =
        block_.readings_ms > 0 ? block_.longest_s * 1e3 / static_cast<double>(block_.readings_ms) : 0;
    out_.readings.reserve((static_cast<size_t>(instants) + 4) * device_.sources().size());

    out_.readings.insert(out_.readings.end(), look_.readings.begin(), look_.readings.end());
    if (runner_ != nullptr && !warm_up()) return given_up();
    device_.read_files(&out_.readings);
    out_.begin_ns = boot_ns();
    const int64_t step_ns = block_.readings_ms * kMillisecond;
    files_ = {step_ns, step_ns > 0 ? out_.begin_ns + step_ns : INT64_MAX};
    tools_ = {std::max(step_ns, kToolsNs), step_ns > 0 && device_.reads_tools() ? out_.begin_ns : INT64_MAX};
    if (!(runner_ == nullptr ? idle() : count())) return given_up();
    out_.end_ns = boot_ns();
    device_.read_files(&out_.readings);
    out_.time_s = wall_s();
    if (runner_ != nullptr) {
      out_.output_sha256 = runner_->output_sha256();
      if (block_.operators && !time_operators()) return given_up();
    }
    look_ = device_.look();
    out_.after = look_.state;
    out_.readings.insert(out_.readings.end(), look_.readings.begin(), look_.readings.end());
    out_.ended = too_long_ ? "longest" : throttled() ? "throttled" : "done";
    return Came::kMeasured;
  }

 private:
  Came given_up() const { return refused_ ? Came::kRefused : Came::kStopped; }

  bool interrupted() const { return interrupted_ != 0; }

  bool invoke() {
    refused_ = !runner_->invoke();
    return !refused_ && !interrupted();
  }

  bool warm_up() {
    for (int64_t i = 0; i < block_.uncounted && !overdue(); ++i) {
      if (!invoke()) return false;
    }
    return true;
  }

  bool overdue() {
    too_long_ = too_long_ || boot_ns() >= longest_ns_;
    return too_long_;
  }

  // Reads what is due, and sleeps until `end_ns`, reading on. False once interrupted.
  bool sleep(int64_t end_ns) {
    for (;;) {
      const int64_t now = boot_ns();
      if (files_.due(now)) device_.read_files(&out_.readings);
      if (tools_.due(now)) device_.read_tools(&out_.readings);
      if (interrupted()) return false;
      if (now >= end_ns) return true;
      sleep_until(std::min({end_ns, files_.next_ns, tools_.next_ns}));
    }
  }

  bool idle() {
    const int64_t end = out_.begin_ns + nanoseconds(block_.seconds);
    too_long_ = end > longest_ns_;
    return sleep(std::min(end, longest_ns_));
  }

  bool count() {
    const int64_t end = out_.begin_ns + nanoseconds(block_.seconds);
    const bool reads = files_.next_ns != INT64_MAX;
    while (!overdue() && (out_.latencies.count() < block_.inferences || boot_ns() < end)) {
      const int64_t begin = monotonic_ns();
      const bool went_on = invoke();
      out_.latencies.add(monotonic_ns() - begin);
      if (!went_on) return false;
      if (block_.gap_ms > 0 ? !sleep(boot_ns() + block_.gap_ms * kMillisecond) : reads && !sleep(0)) return false;
    }
    return true;
  }

  // Medians from further runs: with two clocks read for each operator, latencies of small models would be others.
  bool time_operators() {
    const std::vector<std::string>& ids = runner_->operator_ids();
    const int64_t runs = std::min(std::max<int64_t>(out_.latencies.count(), 1), kMostOperatorRuns);
    std::vector<std::vector<int64_t>> times(ids.size());
    for (auto& each : times) each.reserve(static_cast<size_t>(runs));
    std::vector<int64_t> last(ids.size());
    runner_->time_operators(true);
    bool went_on = true;
    for (int64_t i = 0; i < runs && went_on && !overdue(); ++i) {
      went_on = invoke();
      runner_->operator_times(last.data());
      for (size_t op = 0; op < ids.size(); ++op) times[op].push_back(last[op]);
    }
    runner_->time_operators(false);
    for (size_t op = 0; op < ids.size() && went_on; ++op) {
      if (times[op].empty()) continue;
      const auto middle = times[op].begin() + static_cast<std::ptrdiff_t>(times[op].size() / 2);
      std::nth_element(times[op].begin(), middle, times[op].end());
      out_.operator_ns.emplace_back(ids[op], *middle);
    }
    return went_on;
  }

  bool throttled() const {
    return out_.before.thermal_status != out_.after.thermal_status ||
           out_.before.frequency_limit_mhz != out_.after.frequency_limit_mhz;
  }

  // Readings at a distance of `step_ns`; where an inference takes longer, the missed ones are not made up for.
  struct Rhythm {
    bool due(int64_t now) {
      if (now < next_ns) return false;
      next_ns += (1 + (now - next_ns) / step_ns) * step_ns;
      return true;
    }
    int64_t step_ns = 0, next_ns = INT64_MAX;
  };

  const Block& block_;
  Runner* runner_;
  const Device& device_;
  const volatile sig_atomic_t& interrupted_;
  Look& look_;
  Measured& out_;
  Rhythm files_, tools_;
  int64_t longest_ns_ = 0;
  bool too_long_ = false, refused_ = false;
};

}  // namespace

Measured::Measured() : latencies(kLatencies) {}

Came measure(const Block& block, Runner* runner, const Device& device, const volatile sig_atomic_t* interrupted,
             Look* look, Measured* out) {
  return Measurement(block, runner, device, interrupted, look, out).run();
}

}  // namespace approxlite::agent
