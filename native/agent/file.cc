#include "agent/file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "engine/text.h"

namespace approxlite::agent {

File& File::operator=(File&& other) noexcept {
  if (this != &other) {
    if (is_open()) close(descriptor_);
    descriptor_ = other.descriptor_;
    other.descriptor_ = -1;
  }
  return *this;
}

File::~File() {
  if (is_open()) close(descriptor_);
}

File open_file(const std::string& path) { return File(open(path.c_str(), O_RDONLY | O_CLOEXEC)); }

bool read_file(const std::string& path, size_t most, std::string* out, std::string* error) {
  out->clear();
  const File file = open_file(path);
  char chunk[1 << 16];
  ssize_t got = -1;
  while (file.is_open() && (got = read(file.descriptor(), chunk, sizeof(chunk))) != 0) {
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) break;
    out->append(chunk, static_cast<size_t>(got));
    if (out->size() > most) {
      *error = format("%s: larger than %zu bytes", path.c_str(), most);
      return false;
    }
  }
  if (got != 0) *error = format("%s: cannot be read (%s)", path.c_str(), strerror(errno));
  return got == 0;
}

std::string read_small_file(const std::string& path) {
  const File file = open_file(path);
  char content[4096];
  const ssize_t got = file.is_open() ? read(file.descriptor(), content, sizeof(content)) : 0;
  return std::string(content, got > 0 ? static_cast<size_t>(got) : 0);
}

}  // namespace approxlite::agent
