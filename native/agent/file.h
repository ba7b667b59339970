#ifndef APPROXLITE_AGENT_FILE_H_
#define APPROXLITE_AGENT_FILE_H_

#include <cstddef>
#include <string>

namespace approxlite::agent {

// An open file, closed with its owner.
class File {
 public:
  File() = default;
  explicit File(int descriptor) : descriptor_(descriptor) {}
  File(File&& other) noexcept : descriptor_(other.descriptor_) { other.descriptor_ = -1; }
  File& operator=(File&& other) noexcept;
  ~File();

  bool is_open() const { return descriptor_ >= 0; }
  int descriptor() const { return descriptor_; }

 private:
  int descriptor_ = -1;
};

// For reading; not open when it cannot be.
File open_file(const std::string& path);

// The whole file, at most `most` bytes. False, with one line in `error`, when it is larger or cannot be read.
bool read_file(const std::string& path, size_t most, std::string* out, std::string* error);

// The beginning of a small file such as sysfs has; empty when there is none.
std::string read_small_file(const std::string& path);

}  // namespace approxlite::agent

#endif  // APPROXLITE_AGENT_FILE_H_
