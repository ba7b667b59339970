// Memory for activations and weights: 64-byte aligned, readable past its end as kernels may do.
#ifndef APPROXLITE_ENGINE_BUFFER_H_
#define APPROXLITE_ENGINE_BUFFER_H_

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "kernels/kernels.h"

namespace approxlite {

class Buffer {
 public:
  Buffer() = default;
  explicit Buffer(size_t bytes) : bytes_(bytes) {
    const size_t total = (bytes + kReadSlackBytes + 63) / 64 * 64;
    void* memory = nullptr;
    // Not aligned_alloc, which Android has only since API 28. Nothing above can go on without its buffers.
    if (posix_memalign(&memory, 64, total) != 0) std::abort();
    data_.reset(static_cast<uint8_t*>(memory));
    std::memset(data_.get(), 0, total);
  }

  uint8_t* data() { return data_.get(); }
  const uint8_t* data() const { return data_.get(); }
  template <typename T>
  T* as() {
    return reinterpret_cast<T*>(data_.get());
  }
  template <typename T>
  const T* as() const {
    return reinterpret_cast<const T*>(data_.get());
  }
  size_t bytes() const { return bytes_; }

 private:
  struct Free {
    void operator()(uint8_t* p) const { std::free(p); }
  };
  std::unique_ptr<uint8_t, Free> data_;
  size_t bytes_ = 0;
};

}  // namespace approxlite

#endif  // APPROXLITE_ENGINE_BUFFER_H_
