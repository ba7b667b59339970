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

// The chunks of a thread's share that nobody has claimed yet, in one word.
constexpr uint64_t pack_share(uint32_t begin, uint32_t end) { return uint64_t{end} << 32 | begin; }
constexpr uint32_t begin_of(uint64_t share) { return static_cast<uint32_t>(share); }
constexpr uint32_t end_of(uint64_t share) { return static_cast<uint32_t>(share >> 32); }

}  // namespace

struct ThreadPool::State {
  // The job under way. Whoever has claimed a chunk may read it, since it stays until that chunk is done.
  struct Job {
    Call call;
    const void* work;
    int count, chunks;

    int begin_of(int chunk) const { return static_cast<int>(int64_t{count} * chunk / chunks); }
  } job;

  // A thread claims chunks of its own share from the front, then those of others from the back: so it mostly reads what
  // it wrote itself in the operator before. A claim goes by this word alone, so a worker that comes late claims a chunk
  // of whatever job is under way then, or none.
  struct alignas(kCacheLine) Share {
    std::atomic<uint64_t> chunks{0};
  };
  std::array<Share, kMostThreads> shares;
  int threads = 0;  // that have shares, whether or not the system gave so many
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

  bool claim(int thread, int* chunk);
  bool do_chunk(int thread);
  void serve(int thread);
  void start(int count);
  void stop();
  void share(const Job& next);
};

bool ThreadPool::State::claim(int thread, int* chunk) {
  for (int i = 0; i < threads; ++i) {
    std::atomic<uint64_t>& chunks = shares[static_cast<size_t>((thread + i) % threads)].chunks;
    uint64_t seen = chunks.load(std::memory_order_acquire), left;
    do {
      if (begin_of(seen) >= end_of(seen)) break;
      *chunk = static_cast<int>(i == 0 ? begin_of(seen) : end_of(seen) - 1);
      left = i == 0 ? pack_share(begin_of(seen) + 1, end_of(seen)) : pack_share(begin_of(seen), end_of(seen) - 1);
      if (chunks.compare_exchange_weak(seen, left, std::memory_order_acquire)) return true;
    } while (true);
  }
  return false;
}

// Claims one chunk and does it; false if there is none left.
bool ThreadPool::State::do_chunk(int thread) {
  int chunk;
  if (!claim(thread, &chunk)) return false;
  job.call(job.work, job.begin_of(chunk), job.begin_of(chunk + 1), thread);
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
void ThreadPool::State::start(int count) {
  threads = count;
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

void ThreadPool::State::share(const Job& next) {
  job = next;
  unfinished.store(static_cast<uint32_t>(job.chunks), std::memory_order_relaxed);
  for (int thread = 0; thread < threads; ++thread) {
    const auto first_of = [&](int t) { return static_cast<uint32_t>(job.chunks * t / threads); };
    shares[static_cast<size_t>(thread)].chunks.store(pack_share(first_of(thread), first_of(thread + 1)),
                                                     std::memory_order_release);
  }
  jobs.fetch_add(1);
  if (const uint32_t asleep = sleepers.load(); asleep > 0) {
    const uint32_t useful = static_cast<uint32_t>(job.chunks - 1);
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
  const int most = threads_ * kChunksPerThread;
  int chunks = std::min(count / std::max(grain, 1), most);
  if (chunks > threads_) chunks -= chunks % threads_;
  if (chunks < 2) {
    call(work, 0, count, 0);
    return;
  }
  state_->share({.call = call, .work = work, .count = count, .chunks = chunks});
}

}  // namespace approxlite
