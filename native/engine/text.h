// Formatted text without exceptions or locale surprises.
#ifndef APPROXLITE_ENGINE_TEXT_H_
#define APPROXLITE_ENGINE_TEXT_H_

#include <string>

namespace approxlite {

// printf into a string.
std::string format(const char* pattern, ...) __attribute__((format(printf, 1, 2)));

}  // namespace approxlite

#endif  // APPROXLITE_ENGINE_TEXT_H_
