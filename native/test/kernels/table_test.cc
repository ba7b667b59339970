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

}  // namespace
}  // namespace approxlite
