#include "engine/thread_pool.h"

#include <gtest/gtest.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <iterator>
#include <thread>
#include <vector>

namespace approxlite {
namespace {

#if defined(__SANITIZE_THREAD__)
constexpr bool kSlow = true;
#else
constexpr bool kSlow = false;
#endif

// Splits and counts: every index once, chunks of a grain at least and alike to one, no two calls with one thread number
// at a time.
void check_split(ThreadPool& pool, int count, int grain) {
  std::vector<uint8_t> seen(static_cast<size_t>(count), 0);  // no atomics, so that TSan sees who shares what
  std::array<std::atomic<int>, ThreadPool::kMostThreads> busy{};
  std::atomic<int> total{0}, wrong{0}, shortest{count}, longest{0};
  pool.split(count, grain, [&](int begin, int end, int thread) {
    if (thread < 0 || thread >= pool.threads() || begin >= end || end > count) {
      ++wrong;
      return;
    }
    if (busy[static_cast<size_t>(thread)]++ != 0) ++wrong;
    if (end - begin < std::min(grain, count)) ++wrong;
    for (int seen = shortest; end - begin < seen && !shortest.compare_exchange_weak(seen, end - begin);) {
    }
    for (int seen = longest; end - begin > seen && !longest.compare_exchange_weak(seen, end - begin);) {
    }
    for (int i = begin; i < end; ++i) ++seen[static_cast<size_t>(i)];
    total += end - begin;
    --busy[static_cast<size_t>(thread)];
  });
  ASSERT_EQ(wrong.load(), 0) << count << " by " << grain;
  ASSERT_EQ(total.load(), count) << count << " by " << grain;
  ASSERT_LE(longest - shortest, 1) << count << " by " << grain;
  for (const uint8_t times : seen) ASSERT_EQ(times, 1) << count << " by " << grain;
}

TEST(ThreadPool, GivesEveryIndexToOneCallInEvenChunks) {
  for (const int threads : {1, 2, 3, 8, ThreadPool::kMostThreads}) {
    ThreadPool pool(threads);
    EXPECT_EQ(pool.threads(), threads);
    for (const int count : {0, 1, 2, 3, 7, 16, 63, 64, 65, 1000, 4097}) {
      for (const int grain : {0, 1, 2, 3, 5, 16, 100, 5000}) check_split(pool, count, grain);
    }
  }
}

// So that a core reads what it wrote itself in the operator before.
TEST(ThreadPool, AThreadDoesItsOwnShareFromTheFrontAndThoseOfOthersFromTheBack) {
  constexpr int kThreads = 4, kShare = 400;
  ThreadPool pool(kThreads);
  for (int round = 0; round < (kSlow ? 200 : 2000); ++round) {
    std::array<std::vector<int>, kThreads> begins;
    pool.split(kThreads * kShare, 1,
               [&](int begin, int, int thread) { begins[static_cast<size_t>(thread)].push_back(begin); });
    for (int thread = 0; thread < kThreads; ++thread) {
      for (int share = 0; share < kThreads; ++share) {
        std::vector<int> done;
        std::copy_if(begins[static_cast<size_t>(thread)].begin(), begins[static_cast<size_t>(thread)].end(),
                     std::back_inserter(done), [&](int begin) { return begin / kShare == share; });
        if (share != thread) std::reverse(done.begin(), done.end());
        EXPECT_TRUE(std::is_sorted(done.begin(), done.end())) << "thread " << thread << ", share " << share;
      }
    }
  }
}

TEST(ThreadPool, TakesAnyNumberOfThreadsWithinItsBounds) {
  EXPECT_EQ(ThreadPool(0).threads(), 1);
  EXPECT_EQ(ThreadPool(-3).threads(), 1);
  EXPECT_EQ(ThreadPool(1000).threads(), ThreadPool::kMostThreads);
}

TEST(ThreadPool, RunsCountsNearTheLargest) {
  ThreadPool pool(4);
  for (const int grain : {1, 3, 1 << 30, INT32_MAX - 1, INT32_MAX}) {
    std::atomic<int64_t> total{0};
    std::atomic<bool> orderly{true};
    pool.split(INT32_MAX, grain, [&](int begin, int end, int) {
      if (begin < 0 || end <= begin) orderly = false;
      total += end - begin;
    });
    EXPECT_TRUE(orderly.load());
    EXPECT_EQ(total.load(), INT32_MAX) << grain;
  }
}

TEST(ThreadPool, WhatOneJobWroteTheNextReads) {
  ThreadPool pool(4);
  std::vector<int> values(997, 0), other(997, 0);  // plain integers, read by other threads than wrote them
  const int rounds = kSlow ? 2000 : 20000;
  for (int round = 0; round < rounds; ++round) {
    pool.split(997, 16, [&](int begin, int end, int) {
      for (int i = begin; i < end; ++i) other[static_cast<size_t>(i)] = values[static_cast<size_t>(996 - i)] + 1;
    });
    values.swap(other);
  }
  for (const int value : values) ASSERT_EQ(value, rounds);
}

TEST(ThreadPool, FindsItsWorkersAsleepOrAwake) {
  ThreadPool pool(3);
  for (int round = 0; round < 200; ++round) {
    if (round % 2 == 0) std::this_thread::sleep_for(std::chrono::microseconds(round * 2));
    check_split(pool, 100 + round, 1);
  }
}

TEST(ThreadPool, SharesWorkThatTakesTime) {
  ThreadPool pool(2);
  std::atomic<int> others{0};
  for (int round = 0; round < 200 && others == 0; ++round) {
    pool.split(8, 1, [&](int, int, int thread) {
      if (thread != 0) ++others;
      std::this_thread::sleep_for(std::chrono::microseconds(500));
    });
  }
  EXPECT_GT(others.load(), 0);
}

TEST(ThreadPool, FinishesWithMoreThreadsThanCores) {
  std::vector<std::thread> applications;
  for (int i = 0; i < 6; ++i) {
    applications.emplace_back([] {
      ThreadPool pool(ThreadPool::kMostThreads);
      for (int round = 0; round < (kSlow ? 50 : 500); ++round) check_split(pool, 257, 4);
    });
  }
  for (std::thread& application : applications) application.join();
}

TEST(ThreadPool, IsDestroyedBusyOrIdle) {
  for (int round = 0; round < 100; ++round) {
    ThreadPool pool(4);
    if (round % 3 != 0) check_split(pool, 64, 1);
    if (round % 10 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

TEST(ThreadPool, LeavesSignalsToTheApplication) {
  static std::atomic<bool> off_thread{false};
  static pthread_t main_thread;
  main_thread = pthread_self();
  struct sigaction before, ours{};
  ours.sa_handler = [](int) {
    if (!pthread_equal(pthread_self(), main_thread)) off_thread = true;
  };
  sigaction(SIGUSR1, &ours, &before);
  {
    ThreadPool pool(4);
    sigset_t blocked;
    pthread_sigmask(SIG_SETMASK, nullptr, &blocked);
    EXPECT_EQ(sigismember(&blocked, SIGUSR1), 0);  // the caller's own mask is as it was
    for (int i = 0; i < 20; ++i) {
      kill(getpid(), SIGUSR1);
      check_split(pool, 64, 1);
    }
  }
  sigaction(SIGUSR1, &before, nullptr);
  EXPECT_FALSE(off_thread.load());
}

TEST(ThreadPool, WorksAloneInAForkAndEndsThere) {
  if (kSlow) GTEST_SKIP() << "ThreadSanitizer does not follow forks of programs with threads";
  auto pool = std::make_unique<ThreadPool>(4);
  check_split(*pool, 100, 1);
  const pid_t child = fork();
  if (child == 0) {
    int total = 0;
    pool->split(100, 1, [&](int begin, int end, int) { total += end - begin; });
    pool.reset();
    _exit(total == 100 ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

}  // namespace
}  // namespace approxlite
