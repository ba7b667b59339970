// Workers that share one operator's work. They sleep between operators that are worth sharing; the calling thread works
// too, so a pool whose workers never get a core still finishes.
#ifndef APPROXLITE_ENGINE_THREAD_POOL_H_
#define APPROXLITE_ENGINE_THREAD_POOL_H_

#include <memory>

namespace approxlite {

class ThreadPool {
 public:
  // `threads` 1..kMostThreads, the calling thread among them. Threads are started at once.
  explicit ThreadPool(int threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;

  static constexpr int kMostThreads = 16;
  int threads() const { return threads_; }

  // Cuts [0, count) into even chunks of at least `grain` and calls work(begin, end, thread) for each, from whichever
  // threads are free; `thread` is 0..threads()-1 and no two calls share one at a time. Returns when all is done.
  // Allocates nothing. With one thread, or less than two grains, it is one plain call.
  template <class Work>
  void split(int count, int grain, const Work& work) {
    if (threads_ == 1 || count <= grain) {
      if (count > 0) work(0, count, 0);
      return;
    }
    const auto call = [](const void* of, int begin, int end, int thread) {
      (*static_cast<const Work*>(of))(begin, end, thread);
    };
    run(count, grain, call, &work);
  }

 private:
  using Call = void (*)(const void* work, int begin, int end, int thread);
  void run(int count, int grain, Call call, const void* work);

  int threads_;
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace approxlite

#endif  // APPROXLITE_ENGINE_THREAD_POOL_H_
