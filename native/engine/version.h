#ifndef APPROXLITE_ENGINE_VERSION_H_
#define APPROXLITE_ENGINE_VERSION_H_

namespace approxlite {

// Raise it in the change that alters any bit any kernel computes: certificates made before stop holding.
inline constexpr int kNumericsVersion = 3;

// Features of this CPU that choose kernels, space-separated.
const char* cpu_features();

}  // namespace approxlite

#endif  // APPROXLITE_ENGINE_VERSION_H_
