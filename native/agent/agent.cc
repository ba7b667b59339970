#include "agent/agent.h"

#include "agent/clock.h"
#include "agent/row_text.h"
#include "engine/text.h"

namespace approxlite::agent {
namespace {

// While a device cools, its sensors are asked so often: each time costs it some heat.
constexpr int64_t kCoolingNs = kSecond;
// The look after a block serves for the next one, unless that takes this long to begin.
constexpr int64_t kFreshNs = 2 * kSecond;
// A block that was cut off before all of it was measured, such as by a device that slept, is tried so often.
constexpr int kTries = 3;
// A plan whose last line is not whole is looked at again so often, this far apart.
constexpr int kLooks = 5;
constexpr int64_t kLookNs = 100 * kMillisecond;

bool is_whole(const Block& block, const Measured& measured) {
  if (block.subject == Subject::kIdle) return true;
  return measured.latencies.count() >= block.inferences && (!block.operators || !measured.operator_ns.empty());
}

}  // namespace

ExitStatus Agent::run(std::string* error) {
  std::vector<Block> pending;
  for (bool going = true; going;) {
    status_ = read_pending(&pending, &why_);
    if (status_ != kDone || pending.empty()) break;
    for (size_t place = 0; place < pending.size() && going; ++place) going = measure_one(pending, place) == Step::kGoOn;
  }
  *error = status_ == kDone ? "" : why_;
  // Where there is no room for rows there is none for this one.
  if (status_ != kNoRoom) rows_.append(end_row(why_, wall_s()), -1);
  return status_;
}

ExitStatus Agent::read_pending(std::vector<Block>* out, std::string* error) const {
  std::vector<Block> blocks;
  PlanRead read = PlanRead::kGrowing;
  std::string problem;
  for (int look = 0; look < kLooks; ++look) {
    read = read_plan(folder_.plan(), &blocks, &problem);
    if (read != PlanRead::kGrowing || interrupted_ != 0) break;
    sleep_until(boot_ns() + kLookNs);
  }
  out->clear();
  for (Block& block : blocks) {
    if (!rows_.done().contains(block.number)) out->push_back(std::move(block));
  }
  // What is whole is measured first.
  if (read == PlanRead::kRead || (read == PlanRead::kGrowing && !out->empty())) return kDone;
  *error = problem;
  return kUnusable;
}

Agent::Step Agent::fail(ExitStatus status, std::string why) {
  status_ = status;
  why_ = std::move(why);
  return Step::kEnd;
}

Agent::Step Agent::written(RowsFile::Written how) {
  if (how == RowsFile::Written::kYes) return Step::kGoOn;
  return fail(how == RowsFile::Written::kNoRoom ? kNoRoom : kUnusable, rows_.error());
}

bool Agent::told_to_end() {
  if (interrupted_ != 0)
    why_ = "signal";
  else if (folder_.stop())
    why_ = "stop";
  else
    return false;
  return true;
}

void Agent::take_look() {
  if (look_.at_ns == 0 || boot_ns() - look_.at_ns > kFreshNs) look_ = device_.look();
}

bool Agent::cool_down(double hottest_c) {
  for (take_look();; look_ = device_.look()) {
    if (told_to_end()) return false;
    const std::optional<double> now = look_.state.hottest_c();
    if (!now.has_value() || *now < hottest_c) return true;
    sleep_until(boot_ns() + kCoolingNs);
  }
}

Agent::Step Agent::measure_one(const std::vector<Block>& blocks, size_t place) {
  const Block& block = blocks[place];
  if (told_to_end()) return Step::kEnd;
  if (const Step step = written(rows_.reserve(longest_row(block, device_.sources().size(), operators_)));
      step == Step::kEnd) {
    return step;
  }
  Runner* runner = nullptr;
  std::string problem;
  if (block.subject != Subject::kIdle && (runner = runners_.prepare(blocks, place, &problem)) == nullptr) {
    return fail(kUnusable, format("block %lld: %s", static_cast<long long>(block.number), problem.c_str()));
  }
  const int64_t began_waiting_ns = boot_ns();
  if (block.hottest_c > 0 && !cool_down(block.hottest_c)) return Step::kEnd;
  measured_.waited_s = block.hottest_c > 0 ? static_cast<double>(boot_ns() - began_waiting_ns) / kSecond : 0;
  Came came = Came::kMeasured;
  for (int tries = 0; tries < kTries && came == Came::kMeasured; ++tries) {
    if (tries > 0 && told_to_end()) return Step::kEnd;
    take_look();
    came = measure(block, runner, device_, &interrupted_, &look_, &measured_);
    if (came == Came::kMeasured && is_whole(block, measured_)) break;
  }
  switch (came) {
    case Came::kMeasured: return written(rows_.append(block_row(block, measured_, device_.sources()), block.number));
    case Came::kRefused:
      return fail(kCannotRun,
                  format("block %lld: the runtime fails to run the model", static_cast<long long>(block.number)));
    case Came::kStopped: break;
  }
  why_ = "signal";
  return Step::kEnd;
}

}  // namespace approxlite::agent
