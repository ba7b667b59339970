#ifndef APPROXLITE_AGENT_LIBRARY_H_
#define APPROXLITE_AGENT_LIBRARY_H_

#include <string>

namespace approxlite::agent {

// A shared library that stays loaded until the program ends.
class Library {
 public:
  // False with one line in `error`.
  bool open(const std::string& path, std::string* error);

  // The function of that name. Null where there is none, with one line in `error` unless that is null.
  template <class Function>
  bool find(const char* name, Function** out, std::string* error) const {
    *out = reinterpret_cast<Function*>(symbol(name, error));
    return *out != nullptr;
  }

 private:
  void* symbol(const char* name, std::string* error) const;

  std::string path_;
  void* handle_ = nullptr;
};

}  // namespace approxlite::agent

#endif  // APPROXLITE_AGENT_LIBRARY_H_
