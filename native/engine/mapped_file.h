// A part of a file, mapped into memory to be read.
#ifndef APPROXLITE_ENGINE_MAPPED_FILE_H_
#define APPROXLITE_ENGINE_MAPPED_FILE_H_

#include <cstddef>
#include <cstdint>
#include <string>

namespace approxlite {

class MappedFile {
 public:
  MappedFile() = default;
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;

  // Maps `bytes` bytes from `offset` on (0 bytes: to the file's end), at least one. False with one line in `error`.
  bool open(const char* path, uint64_t offset, uint64_t bytes, std::string* error);

  const uint8_t* bytes() const { return bytes_; }
  size_t size() const { return size_; }

 private:
  void* mapping_ = nullptr;  // whole pages
  size_t mapping_size_ = 0;
  const uint8_t* bytes_ = nullptr;
  size_t size_ = 0;
};

}  // namespace approxlite

#endif  // APPROXLITE_ENGINE_MAPPED_FILE_H_
