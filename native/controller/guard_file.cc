#include "controller/guard_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstring>

namespace approxlite {
namespace {

constexpr mode_t kMode = 0600;  // the app's own

class File {
 public:
  File(const char* path, int flags) : descriptor_(open(path, flags | O_CLOEXEC, kMode)) {}
  ~File() { close(); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  bool is_open() const { return descriptor_ >= 0; }

  bool read(uint8_t* data, size_t size) {
    for (size_t done = 0; done < size;) {
      const ssize_t got = pread(descriptor_, data + done, size - done, static_cast<off_t>(done));
      if (got == 0 || (got < 0 && errno != EINTR)) return false;
      if (got > 0) done += static_cast<size_t>(got);
    }
    return true;
  }

  // And has it on the disk.
  bool write(const uint8_t* data, size_t size, size_t at) {
    for (size_t done = 0; done < size;) {
      const ssize_t put = pwrite(descriptor_, data + done, size - done, static_cast<off_t>(at + done));
      if (put == 0 || (put < 0 && errno != EINTR)) return false;
      if (put > 0) done += static_cast<size_t>(put);
    }
    return flush();
  }

  bool flush() { return fsync(descriptor_) == 0; }

  bool has_size(size_t size) {
    struct stat status;
    return fstat(descriptor_, &status) == 0 && S_ISREG(status.st_mode) && status.st_size == static_cast<off_t>(size);
  }

  bool close() {
    const int descriptor = descriptor_;
    descriptor_ = -1;
    return descriptor < 0 || ::close(descriptor) == 0;
  }

 private:
  int descriptor_;
};

// Has the folder's list of names on the disk, so that a file renamed into it is found after a crash.
bool flush_folder(const char* path) {
  char folder[PATH_MAX];
  const char* slash = std::strrchr(path, '/');
  const size_t length = slash == nullptr ? 0 : slash == path ? 1 : static_cast<size_t>(slash - path);
  if (length >= sizeof folder) return false;
  std::memcpy(folder, path, length);
  folder[length] = '\0';
  File file(length == 0 ? "." : folder, O_RDONLY | O_DIRECTORY);
  return file.is_open() && file.flush();
}

// The file appears whole or not at all.
bool replace_file(const char* path, const uint8_t both[APPROX_GUARD_STATE_BYTES]) {
  char fresh[PATH_MAX];
  const int length = std::snprintf(fresh, sizeof fresh, "%s.new", path);
  if (length < 0 || static_cast<size_t>(length) >= sizeof fresh) return false;
  File file(fresh, O_WRONLY | O_CREAT | O_TRUNC);
  return file.is_open() && file.write(both, APPROX_GUARD_STATE_BYTES, 0) && file.close() &&
         std::rename(fresh, path) == 0 && flush_folder(path);
}

}  // namespace

StateFile read_state_file(const char* path, uint8_t both[APPROX_GUARD_STATE_BYTES]) {
  File file(path, O_RDONLY);
  if (!file.is_open()) return errno == ENOENT ? StateFile::kMissing : StateFile::kUnreadable;
  return file.has_size(APPROX_GUARD_STATE_BYTES) && file.read(both, APPROX_GUARD_STATE_BYTES) ? StateFile::kRead
                                                                                              : StateFile::kUnreadable;
}

bool write_state_file(const char* path, const GuardState& state) {
  uint8_t both[APPROX_GUARD_STATE_BYTES] = {};
  if (read_state_file(path, both) != StateFile::kRead) {
    std::memset(both, 0, sizeof both);
    for (int i = 0; i < slots_to_write(state); ++i) {
      const Place place = next_place(both);
      write_slot(state, place.sequence, both + place.slot * kSlotBytes);
    }
    return replace_file(path, both);
  }
  File file(path, O_WRONLY);
  if (!file.is_open()) return false;
  for (int i = 0; i < slots_to_write(state); ++i) {
    const Place place = next_place(both);
    uint8_t* slot = both + place.slot * kSlotBytes;
    write_slot(state, place.sequence, slot);
    if (!file.write(slot, kSlotBytes, place.slot * kSlotBytes)) return false;
  }
  return true;
}

}  // namespace approxlite
