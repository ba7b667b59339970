// Floats that end where memory does: reading past them ends the test.
#ifndef APPROXLITE_TEST_KERNELS_GUARDED_H_
#define APPROXLITE_TEST_KERNELS_GUARDED_H_

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>

namespace approxlite {

class Guarded {
 public:
  Guarded(const float* values, size_t size) {
    const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
    const size_t bytes = size * sizeof(float), whole = (bytes + page - 1) / page * page;
    mapped_ = whole + page;
    void* const memory = mmap(nullptr, mapped_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) std::abort();
    base_ = static_cast<uint8_t*>(memory);
    if (mprotect(base_ + whole, page, PROT_NONE) != 0) std::abort();
    data_ = reinterpret_cast<float*>(base_ + whole - bytes);
    std::memcpy(data_, values, bytes);
  }
  ~Guarded() { munmap(base_, mapped_); }
  Guarded(const Guarded&) = delete;

  const float* data() const { return data_; }

 private:
  uint8_t* base_;
  size_t mapped_;
  float* data_;
};

}  // namespace approxlite

#endif  // APPROXLITE_TEST_KERNELS_GUARDED_H_
