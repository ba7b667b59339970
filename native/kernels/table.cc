// The variants this build has, and which of them this CPU runs.
#include <cstring>

#if defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#endif

#include "kernels/conv_2d/conv_2d.h"
#include "kernels/depthwise_conv_2d/depthwise_conv_2d.h"
#include "kernels/elementwise/elementwise.h"
#include "kernels/interpolate/interpolate.h"
#include "kernels/kernels.h"
#include "kernels/pool/pool.h"
#include "kernels/quantize/quantize.h"
#include "kernels/softmax/softmax.h"

namespace approxlite {
namespace {

struct Variant {
  KernelTable table;
  bool (*runs)();
};

void nothing() {}

#if defined(__x86_64__)
__attribute__((target("avx"))) void clear_upper_halves() { __builtin_ia32_vzeroupper(); }
#endif

// `int8` names the variant of the 8-bit convolution, `others` that of everything else.
#define APPROX_VARIANT_ENTRY(name, int8, others, runs, leave) \
  {{name,                                                     \
    leave,                                                    \
    others::conv_scratch_bytes,                               \
    others::conv_float_packed_bytes,                          \
    others::conv_float_pack,                                  \
    others::conv_float,                                       \
    int8::conv_int8_padded_channels,                          \
    int8::conv_int8_packed_bytes,                             \
    int8::conv_int8_pack,                                     \
    int8::conv_int8,                                          \
    others::depthwise_float_packed_bytes,                     \
    others::depthwise_float_pack,                             \
    others::depthwise_float,                                  \
    others::depthwise_int8_packed_bytes,                      \
    others::depthwise_int8_pack,                              \
    others::depthwise_int8,                                   \
    others::binary,                                           \
    others::add_bytes,                                        \
    others::unary,                                            \
    others::prelu,                                            \
    others::lookup,                                           \
    others::flip,                                             \
    others::average_pool,                                     \
    others::max_pool,                                         \
    others::average_pool_bytes,                               \
    others::max_pool_bytes,                                   \
    others::softmax,                                          \
    others::range,                                            \
    others::quantize,                                         \
    others::dequantize,                                       \
    others::blend,                                            \
    others::mean_of,                                          \
    others::mean_of_bytes},                                   \
   runs}

bool always() { return true; }

#if defined(__x86_64__)
bool has_avx2() { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }
#if !defined(__ANDROID__)
bool has_avx512() {
  return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
}
bool has_avx512vnni() { return has_avx512() && __builtin_cpu_supports("avx512vnni"); }
#endif
#elif defined(__aarch64__) && defined(__linux__)
bool has_dot_product() {
  constexpr unsigned long kDotProduct = 1ul << 20;  // HWCAP_ASIMDDP
  return (getauxval(AT_HWCAP) & kDotProduct) != 0;
}
bool has_matrix_multiply() {
  constexpr unsigned long kMatrixMultiply = 1ul << 13;  // HWCAP2_I8MM
  return has_dot_product() && (getauxval(AT_HWCAP2) & kMatrixMultiply) != 0;
}
#endif

// Best first.
constexpr Variant kVariants[] = {
#if defined(__x86_64__)
#if !defined(__ANDROID__)  // emulators and Chromebooks; the kernels would double the library
    APPROX_VARIANT_ENTRY("avx512vnni", avx512vnni, avx512, has_avx512vnni, clear_upper_halves),
    APPROX_VARIANT_ENTRY("avx512", avx512, avx512, has_avx512, clear_upper_halves),
#endif
    APPROX_VARIANT_ENTRY("avx2", avx2, avx2, has_avx2, clear_upper_halves),
#elif defined(__aarch64__)
#if defined(__linux__)
    APPROX_VARIANT_ENTRY("neoni8mm", neoni8mm, neon, has_matrix_multiply, nothing),
    APPROX_VARIANT_ENTRY("neondotprod", neondotprod, neon, has_dot_product, nothing),
#endif
    APPROX_VARIANT_ENTRY("neon", neon, neon, always, nothing),
#endif
#if !(defined(__ANDROID__) && defined(__aarch64__))  // where NEON always is
    APPROX_VARIANT_ENTRY("scalar", scalar, scalar, always, nothing),
#endif
#if !defined(__ANDROID__)  // tests hold the others to it
    APPROX_VARIANT_ENTRY("reference", reference, reference, always, nothing),
#endif
};

}  // namespace

const KernelTable& best_kernels() {
  static const KernelTable* const best = kernels_at(0);
  return *best;
}

const KernelTable* kernels_at(int index) {
  for (const Variant& variant : kVariants) {
    if (variant.runs() && index-- == 0) return &variant.table;
  }
  return nullptr;
}

const KernelTable* kernels_named(const char* name) {
  for (const Variant& variant : kVariants) {
    if (std::strcmp(variant.table.name, name) == 0) return variant.runs() ? &variant.table : nullptr;
  }
  return nullptr;
}

}  // namespace approxlite
