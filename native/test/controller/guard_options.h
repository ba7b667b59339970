#ifndef APPROXLITE_TEST_CONTROLLER_GUARD_OPTIONS_H_
#define APPROXLITE_TEST_CONTROLLER_GUARD_OPTIONS_H_

#include <gtest/gtest.h>

#include <memory>

#include "approxlite/guard.h"

// Options of an ordinary guard.
inline approx_guard_options ordinary() {
  approx_guard_options options = {};
  for (int i = 0; i < 32; ++i) options.certificate[i] = static_cast<uint8_t>(i);
  options.epsilon = 0.02f;
  options.alpha = 0.01f;
  options.canary_rate = 0.02f;
  options.unsure = 2;
  options.unsure_factor = 8;
  options.unsure_share = 0.1f;
  options.constant_limit = 8;
  options.still_change = 0.01f;
  options.out_of_range_limit = 3;
  return options;
}

using GuardHandle = std::unique_ptr<approx_guard, decltype(&approx_guard_destroy)>;

inline GuardHandle create(const approx_guard_options& options = ordinary()) {
  approx_guard* guard = nullptr;
  EXPECT_EQ(approx_guard_create(&options, &guard), APPROX_OK);
  return {guard, approx_guard_destroy};
}

inline approx_guard_status status_of(const GuardHandle& guard) {
  approx_guard_status status;
  EXPECT_EQ(approx_guard_get_status(guard.get(), &status), APPROX_OK);
  return status;
}

#endif  // APPROXLITE_TEST_CONTROLLER_GUARD_OPTIONS_H_
