// One operator, its tensors and a plan for it: what tests of plans without weights share. Values are real numbers; where
// a tensor's form is bytes they are put on its grid on the way in and taken off it on the way out.
#ifndef APPROXLITE_TEST_ENGINE_PLAN_CASE_H_
#define APPROXLITE_TEST_ENGINE_PLAN_CASE_H_

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <random>
#include <vector>

#include "engine/buffer.h"
#include "engine/plan.h"

namespace approxlite {

using Reals = std::vector<float>;

// Bytes 0..255 as they are, so that values that are whole numbers keep their value.
inline constexpr Form kBytes = {true, {1.0f, 0}};

class PlanCase {
 public:
  explicit PlanCase(OperatorType type) { op.type = type; }

  PlanCase& input(std::vector<int> dims, Reals values, Form form = {}) {
    choice.inputs.push_back(form);
    op.inputs.push_back(spec(std::move(dims), form));
    values_.push_back(std::move(values));
    return *this;
  }
  // All outputs have one form.
  PlanCase& output(std::vector<int> dims, Form form = {}) {
    choice.output = form;
    op.outputs.push_back(spec(std::move(dims), form));
    return *this;
  }

  // The values of all outputs; where nothing was written, `unwritten`.
  std::vector<Reals> outputs(int threads = 1, float unwritten = -77) const {
    ThreadPool pool(threads);
    const PlanContext context = {op, nullptr, best_kernels(), nullptr, threads};
    const std::unique_ptr<Plan> plan = make_plan(context, choice);
    std::vector<Buffer> buffers;
    Addresses addresses;
    for (size_t i = 0; i < op.inputs.size(); ++i) {
      buffers.push_back(stored(values_[i], choice.inputs[i]));
      addresses.push_back(buffers.back().data());
    }
    // Numbers were given in the order of calls, inputs first.
    for (const TensorSpec& output : op.outputs) {
      buffers.push_back(stored(Reals(output.size(), unwritten), choice.output));
      addresses.push_back(buffers.back().data());
    }
    Buffer scratch(plan->scratch_bytes());
    plan->bind(addresses, scratch.data());
    plan->run(pool);
    plan->run(pool);  // nothing of the first run may be left over
    std::vector<Reals> results;
    for (size_t i = 0; i < op.outputs.size(); ++i) {
      results.push_back(loaded(buffers[op.inputs.size() + i], op.outputs[i].size(), choice.output));
    }
    return results;
  }
  Reals result(int threads = 1) const { return outputs(threads)[0]; }

  Operator op = {};
  PlanChoice choice;

 private:
  TensorSpec spec(std::vector<int> dims, const Form& form) {
    return {next_number_++, form.bytes ? ElementType::kUInt8 : ElementType::kFloat32, std::move(dims), form.grid};
  }

  static Buffer stored(const Reals& values, const Form& form) {
    Buffer buffer(values.size() * (form.bytes ? 1 : sizeof(float)));
    for (size_t i = 0; i < values.size(); ++i) {
      if (form.bytes) {
        const float steps = std::nearbyint(values[i] / form.grid.scale) + static_cast<float>(form.grid.zero_point);
        buffer.data()[i] = static_cast<uint8_t>(std::min(std::max(steps, 0.0f), 255.0f));
      } else {
        buffer.as<float>()[i] = values[i];
      }
    }
    return buffer;
  }

  static Reals loaded(const Buffer& buffer, size_t size, const Form& form) {
    Reals values(size);
    for (size_t i = 0; i < size; ++i) {
      values[i] = form.bytes ? form.grid.scale * static_cast<float>(buffer.data()[i] - form.grid.zero_point)
                             : buffer.as<float>()[i];
    }
    return values;
  }

  int next_number_ = 0;
  std::vector<Reals> values_;
};

inline size_t elements(const std::vector<int>& dims) {
  size_t count = 1;
  for (const int dim : dims) count *= static_cast<size_t>(dim);
  return count;
}

// 0, 1, 2, ...: values that say where they come from. Bytes start again after 255.
inline Reals counted(size_t size, bool bytes = false) {
  Reals values(size);
  for (size_t i = 0; i < size; ++i) values[i] = static_cast<float>(bytes ? i % 256 : i);
  return values;
}

inline Reals random_reals(uint32_t seed, size_t size, float low = -4, float high = 4) {
  std::mt19937 generator(seed);
  std::uniform_real_distribution<float> value(low, high);
  Reals values(size);
  for (float& v : values) v = value(generator);
  return values;
}

// Row-major index of every element of a tensor, one after the other.
class Indices {
 public:
  explicit Indices(std::vector<int> dims) : dims_(std::move(dims)), at_(dims_.size(), 0) {}
  const std::vector<int>& at() const { return at_; }
  // False past the last.
  bool next() {
    for (size_t axis = dims_.size(); axis-- > 0;) {
      if (++at_[axis] < dims_[axis]) return true;
      at_[axis] = 0;
    }
    return false;
  }

 private:
  std::vector<int> dims_, at_;
};

inline size_t offset_of(const std::vector<int>& at, const std::vector<int>& dims) {
  size_t offset = 0;
  for (size_t axis = 0; axis < dims.size(); ++axis) {
    offset = offset * static_cast<size_t>(dims[axis]) + static_cast<size_t>(at[axis]);
  }
  return offset;
}

inline void expect_near(const Reals& actual, const Reals& expected, float tolerance) {
  ASSERT_EQ(actual.size(), expected.size());
  for (size_t i = 0; i < actual.size(); ++i) ASSERT_NEAR(actual[i], expected[i], tolerance) << "element " << i;
}

}  // namespace approxlite

#endif  // APPROXLITE_TEST_ENGINE_PLAN_CASE_H_
