#include <string>

#include "engine/version.h"

#if defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#endif

namespace approxlite {
namespace {

std::string detect() {
  std::string features;
  [[maybe_unused]] const auto add = [&features](bool present, const char* name) {
    if (present) features += (features.empty() ? "" : " ") + std::string(name);
  };
#if defined(__x86_64__)
  __builtin_cpu_init();
  add(__builtin_cpu_supports("avx2"), "avx2");
  add(__builtin_cpu_supports("fma"), "fma");
  add(__builtin_cpu_supports("avx512f"), "avx512f");
  add(__builtin_cpu_supports("avx512bw"), "avx512bw");
  add(__builtin_cpu_supports("avx512vl"), "avx512vl");
  add(__builtin_cpu_supports("avx512vnni"), "avx512vnni");
#elif defined(__aarch64__) && defined(__linux__)
  add(true, "neon");
  add((getauxval(AT_HWCAP) & (1UL << 20)) != 0, "dotprod");  // HWCAP_ASIMDDP
#endif
  return features;
}

}  // namespace

const char* cpu_features() {
  static const std::string features = detect();
  return features.c_str();
}

}  // namespace approxlite
