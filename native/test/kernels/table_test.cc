#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "kernels/kernels.h"

namespace approxlite {
namespace {

std::vector<std::string> names() {
  std::vector<std::string> names;
  for (int i = 0; kernels_at(i); ++i) names.push_back(kernels_at(i)->name);
  return names;
}

TEST(KernelTable, BestComesFirstAndReferenceLast) {
  EXPECT_STREQ(best_kernels().name, names().front().c_str());
  EXPECT_EQ(names().back(), "reference");
  EXPECT_EQ(names()[names().size() - 2], "scalar");
}

TEST(KernelTable, IsFoundByItsName) {
  for (const std::string& name : names()) EXPECT_STREQ(kernels_named(name.c_str())->name, name.c_str());
  EXPECT_EQ(kernels_named("abacus"), nullptr);
}

// No member may be forgotten: a missing initialiser would be null.
TEST(KernelTable, HasEveryOperation) {
  for (int i = 0; kernels_at(i); ++i) {
    void (*members[sizeof(KernelTable) / sizeof(void*)])();
    std::memcpy(members, kernels_at(i), sizeof(KernelTable));
    for (const auto member : members) EXPECT_NE(member, nullptr) << kernels_at(i)->name;
  }
}

#if defined(__x86_64__)
// Whether this CPU can tell which parts of its registers are in use.
bool tells_what_is_in_use() {
  unsigned features, b, c, d;
  asm volatile("cpuid" : "=a"(features), "=b"(b), "=c"(c), "=d"(d) : "a"(13), "c"(1));
  return __builtin_cpu_supports("avx2") && (features & 4) != 0;
}

bool upper_halves_in_use() {
  unsigned low, high;
  asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(1));
  return (low & (1u << 2 | 1u << 6)) != 0;
}

// Until they are cleared, code of others that has no wide vectors runs at a fraction of its speed.
TEST(KernelTable, LeavesNoUpperHalfOfARegisterInUse) {
  if (!tells_what_is_in_use()) GTEST_SKIP() << "this CPU does not tell which registers are in use";
  for (int i = 0; kernels_at(i); ++i) {
    if (std::strncmp(kernels_at(i)->name, "avx", 3) != 0) continue;
    asm volatile("vpcmpeqd %%ymm5, %%ymm5, %%ymm5" ::: "xmm5");
    const bool before = upper_halves_in_use();
    kernels_at(i)->leave();
    const bool after = upper_halves_in_use();
    EXPECT_TRUE(before);
    EXPECT_FALSE(after) << kernels_at(i)->name;
  }
}
#endif

}  // namespace
}  // namespace approxlite
