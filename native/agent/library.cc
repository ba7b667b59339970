#include "agent/library.h"

#include <dlfcn.h>
#include <unistd.h>

#include "engine/text.h"

namespace approxlite::agent {

bool Library::open(const std::string& path, std::string* error) {
  path_ = path;
  handle_ = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle_ == nullptr) {
    const char* why = dlerror();
    *error = format("%s: cannot be loaded (%s)", path.c_str(), why == nullptr ? "no reason given" : why);
  }
  return handle_ != nullptr;
}

void* Library::symbol(const char* name, std::string* error) const {
  void* const found = dlsym(handle_, name);
  if (found == nullptr && error != nullptr) *error = format("%s: has no %s", path_.c_str(), name);
  return found;
}

}  // namespace approxlite::agent
