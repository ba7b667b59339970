// How many times this process has asked for memory: what a claim of "allocates nothing" is held to.
#ifndef APPROXLITE_TEST_ALLOCATIONS_H_
#define APPROXLITE_TEST_ALLOCATIONS_H_

// Sanitizers bring their own malloc, so there nothing is counted.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define APPROX_COUNTS_ALLOCATIONS 0
#else
#define APPROX_COUNTS_ALLOCATIONS 1
#endif

namespace approxlite {

long allocations();

}  // namespace approxlite

#endif  // APPROXLITE_TEST_ALLOCATIONS_H_
