#include "engine/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "engine/text.h"

namespace approxlite {

bool MappedFile::open(const char* path, uint64_t offset, uint64_t bytes, std::string* error) {
  const auto refuse = [&](const char* why) {
    *error = format("%.200s: %s", path, why);
    return false;
  };
  const int file = ::open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);  // a pipe would make us wait
  if (file < 0) return refuse(std::strerror(errno));
  struct stat about{};
  const bool ordinary = fstat(file, &about) == 0 && S_ISREG(about.st_mode);
  const uint64_t length = ordinary ? static_cast<uint64_t>(about.st_size) : 0;
  if (!ordinary || offset >= length || bytes > length - offset) {
    close(file);
    return refuse(ordinary ? "is shorter than it should be" : "is no ordinary file");
  }
  if (bytes == 0) bytes = length - offset;
  const uint64_t before = offset % static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  void* mapping = MAP_FAILED;
  if (bytes <= SIZE_MAX - before) {
    mapping = mmap(nullptr, before + bytes, PROT_READ, MAP_PRIVATE, file, static_cast<off_t>(offset - before));
  }
  close(file);
  if (mapping == MAP_FAILED) return refuse("cannot be mapped into memory");
  mapping_ = mapping;
  mapping_size_ = before + bytes;
  bytes_ = static_cast<const uint8_t*>(mapping) + before;
  size_ = bytes;
  return true;
}

MappedFile::~MappedFile() {
  if (mapping_ != nullptr) munmap(mapping_, mapping_size_);
}

}  // namespace approxlite
