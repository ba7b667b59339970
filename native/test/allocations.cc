#include "test/allocations.h"

#include <atomic>
#include <cstddef>

namespace {
std::atomic<long> count{0};
}

long approxlite::allocations() { return count; }

#if APPROX_COUNTS_ALLOCATIONS
// Every allocation of this process passes here; glibc lends the real functions.
extern "C" {
void* __libc_malloc(size_t size);
void* __libc_memalign(size_t alignment, size_t size);
void* malloc(size_t size) {
  ++count;
  return __libc_malloc(size);
}
void* aligned_alloc(size_t alignment, size_t size) {
  ++count;
  return __libc_memalign(alignment, size);
}
}
#endif
