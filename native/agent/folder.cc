#include "agent/folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "engine/text.h"

namespace approxlite::agent {

Folder::~Folder() {
  if (lock_.is_open() && ftruncate(lock_.descriptor(), 0) != 0) {
    // A number that is left behind is that of a process which is no more: whoever reads it looks for the process.
  }
}

ExitStatus Folder::lock(std::string* error) {
  const std::string path = path_ + "/lock";
  File file(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (!file.is_open()) {
    *error = format("%s: cannot be opened (%s)", path.c_str(), strerror(errno));
    return errno == ENOSPC ? kNoRoom : kUnusable;
  }
  if (flock(file.descriptor(), LOCK_EX | LOCK_NB) != 0) {
    *error = format("%s: another agent measures in this folder", path.c_str());
    return kRunning;
  }
  const std::string number = std::to_string(getpid()) + "\n";
  if (ftruncate(file.descriptor(), 0) != 0 ||
      write(file.descriptor(), number.data(), number.size()) != static_cast<ssize_t>(number.size())) {
    *error = format("%s: %s", path.c_str(), strerror(errno));
    return errno == ENOSPC ? kNoRoom : kUnusable;
  }
  lock_ = std::move(file);
  return kDone;
}

bool Folder::stop() const { return access((path_ + "/stop").c_str(), F_OK) == 0; }

}  // namespace approxlite::agent
