#include "engine/thread_pool.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>

namespace approxlite {
namespace {

// How long a thread with nothing to do looks for work before it sleeps. Operators of one inference follow each other
// within microseconds, and waking a sleeper costs about as long as this.
constexpr std::chrono::microseconds kPatience{10};
// Chunks for each thread: with more, threads that start late or run slowly hold the others up less.
constexpr int kChunksPerThread = 4;
constexpr size_t kCacheLine = 64;

void relax() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("isb" ::: "memory");
#endif
}

// Looks for a short while whether `done()`; false if it did not come true.
template <class Done>
bool watch(const Done& done) {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  do {
    for (int i = 0; i < 8; ++i) {
      if (done()) return true;
      relax();
    }
  } while (std::chrono::steady_clock::now() < end);
  return false;
}

// The chunks of a job and the next one to claim, in one word.
constexpr uint64_t pack_ticket(uint32_t next, uint32_t chunks) { return uint64_t{chunks} << 32 | next; }
constexpr uint32_t next_of(uint64_t ticket) { return static_cast<uint32_t>(ticket); }
constexpr uint32_t chunks_of(uint64_t ticket) { return static_cast<uint32_t>(ticket >> 32); }

}  // namespace

struct ThreadPool::State {
  // The job under way. Whoever has claimed a chunk may read it, since it stays until that chunk is done.
  struct Job {
    Call call;
    const void* work;
    int count, chunk;
  } job;

  // A claim adds one. It goes by this word alone, so a worker that comes late claims a chunk of whatever job is under
  // way then, or none.
  alignas(kCacheLine) std::atomic<uint64_t> ticket{0};
  alignas(kCacheLine) std::atomic<uint32_t> unfinished{0};  // chunks of the job
  std::atomic<bool> caller_sleeps{false};
  alignas(kCacheLine) std::atomic<uint32_t> jobs{0};  // how many there were; workers sleep on it
  std::atomic<uint32_t> sleepers{0};
  std::atomic<bool> stopping{false};

  struct Worker {
    State* state;
    int thread;
    pthread_t handle;
  };
  std::array<Worker, kMostThreads> workers;
  int worker_count = 0;
  pid_t process = getpid();

  bool do_chunk(int thread);
  void serve(int thread);
  void start(int threads);
  void stop();
  void share(const Job& next, int chunks);
};

// Claims one chunk and does it; false if there is none left.
bool ThreadPool::State::do_chunk(int thread) {
  uint64_t seen = ticket.load(std::memory_order_acquire);
  do {
    if (next_of(seen) >= chunks_of(seen)) return false;
  } while (!ticket.compare_exchange_weak(seen, seen + 1, std::memory_order_acquire));
  const int begin = static_cast<int>(next_of(seen)) * job.chunk;
  const int end = next_of(seen) + 1 == chunks_of(seen) ? job.count : begin + job.chunk;
  job.call(job.work, begin, end, thread);
  if (unfinished.fetch_sub(1) == 1 && caller_sleeps.load()) unfinished.notify_one();
  return true;
}

void ThreadPool::State::serve(int thread) {
  for (;;) {
    const uint32_t seen = jobs.load();
    if (stopping.load()) return;
    while (do_chunk(thread)) {
    }
    if (watch([&] { return jobs.load(std::memory_order_relaxed) != seen; })) continue;
    sleepers.fetch_add(1);  // before wait() looks at `jobs` again, as share() changes them the other way round
    jobs.wait(seen);
    sleepers.fetch_sub(1);
  }
}

// Where the system gives no more threads, those there are do the work.
void ThreadPool::State::start(int threads) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);  // workers inherit it: signals are the application's
  const auto main = [](void* argument) -> void* {
    const Worker& worker = *static_cast<const Worker*>(argument);
    worker.state->serve(worker.thread);
    return nullptr;
  };
  for (int thread = 1; thread < threads; ++thread) {
    Worker& worker = workers[static_cast<size_t>(worker_count)];
    worker = {.state = this, .thread = thread, .handle = {}};
    if (pthread_create(&worker.handle, nullptr, main, &worker) != 0) break;
    ++worker_count;
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void ThreadPool::State::stop() {
  if (getpid() != process) return;  // a fork has none of its parent's threads
  stopping.store(true);
  jobs.fetch_add(1);
  jobs.notify_all();
  for (int i = 0; i < worker_count; ++i) pthread_join(workers[static_cast<size_t>(i)].handle, nullptr);
}

void ThreadPool::State::share(const Job& next, int chunks) {
  job = next;
  unfinished.store(static_cast<uint32_t>(chunks), std::memory_order_relaxed);
  ticket.store(pack_ticket(0, static_cast<uint32_t>(chunks)), std::memory_order_release);
  jobs.fetch_add(1);
  if (const uint32_t asleep = sleepers.load(); asleep > 0) {
    const uint32_t useful = static_cast<uint32_t>(chunks - 1);
    if (useful >= asleep) jobs.notify_all();
    for (uint32_t i = useful; useful < asleep && i > 0; --i) jobs.notify_one();
  }
  while (do_chunk(0)) {
  }
  // What is left is being done by workers. One that lost its core may take long, so this is no place to spin.
  if (watch([&] { return unfinished.load(std::memory_order_acquire) == 0; })) return;
  caller_sleeps.store(true);
  for (uint32_t left = unfinished.load(); left != 0; left = unfinished.load()) unfinished.wait(left);
  caller_sleeps.store(false);
}

ThreadPool::ThreadPool(int threads) : threads_(std::clamp(threads, 1, kMostThreads)) {
  if (threads_ == 1) return;
  state_ = std::make_unique<State>();
  state_->start(threads_);
}

ThreadPool::~ThreadPool() {
  if (state_ != nullptr) state_->stop();
}

void ThreadPool::run(int count, int grain, Call call, const void* work) {
  // Whole grains, so that chunks begin where the caller's blocks do.
  const int64_t least = std::max(grain, 1);
  const int64_t grains = (count + least - 1) / least;
  const int64_t most_chunks = int64_t{threads_} * kChunksPerThread;
  const int64_t chunk = std::min<int64_t>((grains + most_chunks - 1) / most_chunks * least, count);
  const int chunks = static_cast<int>((count + chunk - 1) / chunk);
  state_->share({.call = call, .work = work, .count = count, .chunk = static_cast<int>(chunk)}, chunks);
}

}  // namespace approxlite
