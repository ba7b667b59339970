// What libc++'s headers leave to libc++'s compiled library, of which there is none for Android but in the NDK: only what
// libapproxlite uses. The linker refuses anything that is missing (-z defs).
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <new>
#include <string>

extern "C" {
int* __errno(void);  // Android's name of it
void android_set_abort_message(const char* m);  // shown in the crash report

int* __errno_location(void) { return __errno(); }  // musl's
[[noreturn]] void __cxa_pure_virtual(void) { abort(); }
}

namespace {

// Of the kernel, within one process.
enum Futex { kWait = 0 | 128, kWake = 1 | 128 };
constexpr int kEverybody = 0x7fffffff;

void futex(const std::atomic<int>* word, Futex operation, int value) {
  syscall(SYS_futex, word, operation, value, nullptr, nullptr, 0);
}

void* allocate(size_t size, size_t alignment) {
  void* memory = nullptr;
  if (size == 0) size = 1;
  if (alignment <= alignof(max_align_t)) return malloc(size);
  return posix_memalign(&memory, alignment, size) == 0 ? memory : nullptr;
}

void* allocate_or_abort(size_t size, size_t alignment) {
  void* memory = allocate(size, alignment);
  if (memory == nullptr) std::__libcpp_verbose_abort("libapproxlite: out of memory, %zu bytes", size);
  return memory;
}

// Waiting is on one of these, by address, so that any size of atomic can be waited for.
struct alignas(64) Waiting {
  std::atomic<int> changes{0};
  std::atomic<int> waiters{0};
};
std::array<Waiting, 64> waiting;

Waiting& waiting_on(const volatile void* address) {
  return waiting[(reinterpret_cast<uintptr_t>(address) >> 3) % waiting.size()];
}

void notify(const volatile void* address) {
  Waiting& place = waiting_on(address);
  place.changes.fetch_add(1);
  if (place.waiters.load() != 0) futex(&place.changes, kWake, kEverybody);
}

}  // namespace

void* operator new(size_t size) { return allocate_or_abort(size, 1); }
void* operator new[](size_t size) { return allocate_or_abort(size, 1); }
void* operator new(size_t size, std::align_val_t to) { return allocate_or_abort(size, static_cast<size_t>(to)); }
void* operator new[](size_t size, std::align_val_t to) { return allocate_or_abort(size, static_cast<size_t>(to)); }
void* operator new(size_t size, const std::nothrow_t&) noexcept { return allocate(size, 1); }
void* operator new[](size_t size, const std::nothrow_t&) noexcept { return allocate(size, 1); }
void* operator new(size_t size, std::align_val_t to, const std::nothrow_t&) noexcept {
  return allocate(size, static_cast<size_t>(to));
}
void* operator new[](size_t size, std::align_val_t to, const std::nothrow_t&) noexcept {
  return allocate(size, static_cast<size_t>(to));
}
void operator delete(void* memory) noexcept { free(memory); }
void operator delete[](void* memory) noexcept { free(memory); }
void operator delete(void* memory, size_t) noexcept { free(memory); }
void operator delete[](void* memory, size_t) noexcept { free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { free(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { free(memory); }
void operator delete(void* memory, size_t, std::align_val_t) noexcept { free(memory); }
void operator delete[](void* memory, size_t, std::align_val_t) noexcept { free(memory); }

// Guards of function-local statics: first byte nonzero when done (Itanium C++ ABI 3.3.3); the word behind says more.
extern "C" {
enum { kUntouched, kUnderWay, kAwaited };

int __cxa_guard_acquire(uint64_t* guard) {
  auto* done = reinterpret_cast<std::atomic<uint8_t>*>(guard);
  auto* state = reinterpret_cast<std::atomic<int>*>(guard) + 1;
  for (;;) {
    if (done->load(std::memory_order_acquire) != 0) return 0;
    int seen = kUntouched;
    if (state->compare_exchange_strong(seen, kUnderWay)) {
      if (done->load(std::memory_order_acquire) == 0) return 1;
      state->store(kUntouched);
      return 0;
    }
    if (seen == kAwaited || state->compare_exchange_strong(seen, kAwaited)) futex(state, kWait, kAwaited);
  }
}

void __cxa_guard_release(uint64_t* guard) {
  auto* state = reinterpret_cast<std::atomic<int>*>(guard) + 1;
  reinterpret_cast<std::atomic<uint8_t>*>(guard)->store(1, std::memory_order_release);
  if (state->exchange(kUntouched) == kAwaited) futex(state, kWake, kEverybody);
}
}

namespace std {

const nothrow_t nothrow{};

inline namespace _LIBCPP_ABI_NAMESPACE {

void __libcpp_verbose_abort(const char* why, ...) {
  char text[256];
  va_list arguments;
  va_start(arguments, why);
  vsnprintf(text, sizeof text, why, arguments);
  va_end(arguments);
  android_set_abort_message(text);
  abort();
}

void __cxx_atomic_notify_one(const volatile void* address) noexcept { notify(address); }
void __cxx_atomic_notify_all(const volatile void* address) noexcept { notify(address); }
__cxx_contention_t __libcpp_atomic_monitor(const volatile void* address) noexcept {
  return waiting_on(address).changes.load();
}
void __libcpp_atomic_wait(const volatile void* address, __cxx_contention_t seen) noexcept {
  Waiting& place = waiting_on(address);
  place.waiters.fetch_add(1);
  futex(&place.changes, kWait, static_cast<int>(seen));
  place.waiters.fetch_sub(1);
}

size_t __next_prime(size_t least) {
  for (size_t number = least < 3 ? least : least | 1;; number += 2) {
    size_t divisor = 3;
    while (divisor <= number / divisor && number % divisor != 0) divisor += 2;
    if (number < 3 || divisor > number / divisor) return number;
  }
}

__shared_count::~__shared_count() {}
__shared_weak_count::~__shared_weak_count() {}
const void* __shared_weak_count::__get_deleter(const type_info&) const noexcept { return nullptr; }
void __shared_weak_count::__release_weak() noexcept {
  if (__libcpp_atomic_refcount_decrement(__shared_weak_owners_) == -1) __on_zero_shared_weak();
}

namespace chrono {
steady_clock::time_point steady_clock::now() noexcept {
  timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time_point(seconds(time.tv_sec) + nanoseconds(time.tv_nsec));
}
}  // namespace chrono

string to_string(int value) {
  char text[16];
  const int length = snprintf(text, sizeof text, "%d", value);
  return string(text, static_cast<size_t>(length));
}

template <class Less, class Place>
void __sort(Place first, Place last, Less) {
  std::sort(first, last, [](auto a, auto b) { return a < b; });
}
template void __sort<__less<int>&, int*>(int*, int*, __less<int>&);

#define APPROX_INSTANTIATE(...) template __VA_ARGS__;
_LIBCPP_STRING_V1_EXTERN_TEMPLATE_LIST(APPROX_INSTANTIATE, char)
template string operator+ <char, char_traits<char>, allocator<char>>(const char*, const string&);

}  // namespace _LIBCPP_ABI_NAMESPACE
}  // namespace std
