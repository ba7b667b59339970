#include "test/engine/plan_case.h"

namespace approxlite {
namespace {

using Dims = std::vector<int>;

const Form kForms[] = {{}, kBytes, {true, {1.0f, 0}}};

// Bytes that change their grid: twice as wide, values that are even keep theirs.
const Form kWide = {true, {2.0f, 5}};

Reals even(Reals values) {
  for (float& value : values) value = 2 * std::floor(std::fmod(value, 200.0f) / 2);
  return values;
}

// Runs the same movement on floats, on bytes, and on bytes that change their grid.
void expect_moves(PlanCase (*make)(const Form& in, const Form& out, const std::vector<Reals>& inputs),
                  const std::vector<Reals>& inputs, const std::vector<Reals>& expected) {
  for (const int threads : {1, 3}) {
    EXPECT_EQ(make({}, {}, inputs).outputs(threads), expected) << "floats, threads " << threads;
    EXPECT_EQ(make(kBytes, kBytes, inputs).outputs(threads), expected) << "bytes, threads " << threads;
    EXPECT_EQ(make(kBytes, kWide, inputs).outputs(threads), expected) << "to another grid, threads " << threads;
    EXPECT_EQ(make(kBytes, {}, inputs).outputs(threads), expected) << "bytes to floats, threads " << threads;
  }
}

struct TransposeCase {
  Dims dims, permutation;
};

Reals transposed(const TransposeCase& of, const Reals& x, Dims* out) {
  out->clear();
  for (const int axis : of.permutation) out->push_back(of.dims[static_cast<size_t>(axis)]);
  Reals y;
  Indices index(*out);
  do {
    Dims at(of.dims.size());
    for (size_t i = 0; i < at.size(); ++i) at[static_cast<size_t>(of.permutation[i])] = index.at()[i];
    y.push_back(x[offset_of(at, of.dims)]);
  } while (index.next());
  return y;
}

TEST(TransposePlan, PutsAxesInAnyOrder) {
  const TransposeCase cases[] = {
      {{2, 3}, {1, 0}},
      {{7}, {0}},
      {{2, 3, 4}, {0, 1, 2}},
      {{1, 5, 7, 3}, {0, 3, 1, 2}},
      {{1, 3, 35, 33}, {0, 2, 3, 1}},
      {{4, 5, 6, 7}, {3, 2, 1, 0}},
      {{4, 5, 6, 7}, {2, 0, 1, 3}},
      {{2, 1, 3, 1, 4, 5}, {5, 3, 0, 4, 1, 2}},
      {{2, 3, 2, 3, 2, 3}, {4, 0, 5, 2, 3, 1}},
      {{300, 257}, {1, 0}},
      {{1, 1, 1}, {2, 0, 1}},
  };
  for (const TransposeCase& of : cases) {
    const Reals x = even(counted(elements(of.dims)));
    Dims out;
    const Reals expected = transposed(of, x, &out);
    for (const Form& in_form : {Form{}, kBytes}) {
      for (const Form& out_form : {Form{}, kBytes, kWide}) {
        PlanCase plan(OperatorType::kTranspose);
        plan.input(of.dims, x, in_form).output(out, out_form);
        plan.op.permutation = of.permutation;
        EXPECT_EQ(plan.result(), expected);
        EXPECT_EQ(plan.result(3), expected);
      }
    }
  }
}

TEST(TransposePlan, MovesBlocksBetweenDepthAndSpace) {
  constexpr int kHeight = 6, kWidth = 8, kChannels = 5, kBlock = 2;
  const Dims space = {2, kHeight, kWidth, kChannels};
  const Dims depth = {2, kHeight / kBlock, kWidth / kBlock, kChannels * kBlock * kBlock};
  const Reals in_space = even(counted(elements(space)));
  Reals in_depth(in_space.size());
  Indices index(space);
  do {
    const Dims& at = index.at();
    const int channel = (at[1] % kBlock * kBlock + at[2] % kBlock) * kChannels + at[3];
    in_depth[offset_of({at[0], at[1] / kBlock, at[2] / kBlock, channel}, depth)] = in_space[offset_of(at, space)];
  } while (index.next());
  for (const Form& form : kForms) {
    PlanCase to_depth(OperatorType::kSpaceToDepth), to_space(OperatorType::kDepthToSpace);
    to_depth.input(space, in_space, form).output(depth, form).op.block = kBlock;
    to_space.input(depth, in_depth, form).output(space, form).op.block = kBlock;
    EXPECT_EQ(to_depth.result(), in_depth);
    EXPECT_EQ(to_space.result(), in_space);
  }
}

TEST(CopyPlan, ReshapesByCopying) {
  expect_moves(
      [](const Form& in, const Form& out, const std::vector<Reals>& x) {
        return PlanCase(OperatorType::kReshape).input({60, 10}, x[0], in).output({6, 100}, out);
      },
      {even(counted(600))}, {even(counted(600))});
}

TEST(CopyPlan, LeavesATensorAloneThatIsItsOwnOutput) {
  PlanCase reshape(OperatorType::kReshape);
  reshape.input({4}, {1, 2, 3, 4}).output({2, 2});
  ThreadPool pool(1);
  const auto plan = make_plan({reshape.op, nullptr, best_kernels(), nullptr, 1}, reshape.choice);
  float values[] = {1, 2, 3, 4};
  plan->bind({values, values}, nullptr);
  plan->run(pool);
  EXPECT_EQ(Reals(values, values + 4), (Reals{1, 2, 3, 4}));
}

TEST(JoinPlan, ConcatenatesAlongAnyAxis) {
  for (int axis = 0; axis < 3; ++axis) {
    for (const Form& out_form : {Form{}, kBytes, kWide}) {
      // Three inputs, each on its own form.
      const Form forms[] = {out_form, kBytes, out_form.bytes ? kWide : kBytes};
      PlanCase plan(OperatorType::kConcatenation);
      plan.op.axis = axis;
      Dims out = {3, 4, 5};
      out[static_cast<size_t>(axis)] = 0;
      std::vector<Dims> dims;
      std::vector<Reals> inputs;
      for (int i = 0; i < 3; ++i) {
        Dims of = {3, 4, 5};
        of[static_cast<size_t>(axis)] = i + 1;
        out[static_cast<size_t>(axis)] += i + 1;
        Reals values = even(random_reals(static_cast<uint32_t>(i), elements(of), 0, 200));
        plan.input(of, values, forms[i]);
        dims.push_back(of);
        inputs.push_back(values);
      }
      plan.output(out, out_form);
      Reals expected;
      Indices index(out);
      do {
        Dims at = index.at();
        int& along = at[static_cast<size_t>(axis)];
        size_t input = 0;
        while (along >= dims[input][static_cast<size_t>(axis)]) along -= dims[input++][static_cast<size_t>(axis)];
        expected.push_back(inputs[input][offset_of(at, dims[input])]);
      } while (index.next());
      EXPECT_EQ(plan.result(), expected) << "axis " << axis;
      EXPECT_EQ(plan.result(2), expected) << "axis " << axis;
    }
  }
}

TEST(JoinPlan, PacksAlongANewAxis) {
  for (const Form& form : kForms) {
    PlanCase first(OperatorType::kPack), last(OperatorType::kPack);
    for (PlanCase* plan : {&first, &last}) plan->input({3}, {1, 2, 3}, form).input({3}, {4, 5, 6}, form);
    last.op.axis = 1;
    EXPECT_EQ(first.output({2, 3}, form).result(), (Reals{1, 2, 3, 4, 5, 6}));
    EXPECT_EQ(last.output({3, 2}, form).result(), (Reals{1, 4, 2, 5, 3, 6}));
  }
}

TEST(SplitPlan, TakesATensorApart) {
  expect_moves(
      [](const Form& in, const Form& out, const std::vector<Reals>& x) {
        PlanCase plan(OperatorType::kSplitV);
        plan.op.axis = 1;
        return plan.input({2, 6}, x[0], in).output({2, 1}, out).output({2, 3}, out).output({2, 2}, out);
      },
      {{0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22}}, {{0, 12}, {2, 4, 6, 14, 16, 18}, {8, 10, 20, 22}});
  expect_moves(
      [](const Form& in, const Form& out, const std::vector<Reals>& x) {
        PlanCase plan(OperatorType::kUnpack);
        plan.op.axis = 1;
        return plan.input({2, 3}, x[0], in).output({2}, out).output({2}, out).output({2}, out);
      },
      {{0, 2, 4, 6, 8, 10}}, {{0, 6}, {2, 8}, {4, 10}});
}

// A box by begins and strides over the last axes, in a tensor of six.
PlanCase box_case(OperatorType type, const Dims& in, const Dims& begin, const Dims& stride, const Dims& out,
                  const Reals& x, const Form& from, const Form& to) {
  PlanCase plan(type);
  plan.input(in, x, from).output(out, to);
  const size_t skipped = kMaxRank - in.size();
  for (size_t axis = 0; axis < in.size(); ++axis) {
    plan.op.box.source_dims[skipped + axis] = in[axis];
    plan.op.box.target_dims[skipped + axis] = out[axis];
    plan.op.box.begin[skipped + axis] = begin[axis];
    plan.op.box.stride[skipped + axis] = stride[axis];
  }
  return plan;
}

int mirrored(int at, int size, bool symmetric) {
  if (at < 0) return symmetric ? -at - 1 : -at;
  if (at >= size) return symmetric ? 2 * size - 1 - at : 2 * size - 2 - at;
  return at;
}

TEST(BoxPlan, PadsAndSlices) {
  struct Box {
    Dims in, begin, stride, out;
  };
  const Box boxes[] = {
      {{5}, {-2}, {1}, {9}},
      {{1, 4, 5, 3}, {0, -1, -2, 0}, {1, 1, 1, 1}, {1, 6, 8, 3}},
      {{1, 4, 5, 3}, {0, 0, 0, -1}, {1, 1, 1, 1}, {1, 4, 5, 5}},
      {{2, 3, 4, 5}, {-1, 0, -1, -2}, {1, 1, 1, 1}, {3, 3, 6, 8}},
      {{1, 4, 5, 3}, {0, 1, 2, 0}, {1, 1, 1, 1}, {1, 2, 3, 3}},
      {{1, 4, 5, 7}, {0, 0, 0, 2}, {1, 1, 1, 1}, {1, 4, 5, 3}},
      {{1, 8, 9, 4}, {0, 1, 0, 0}, {1, 2, 3, 1}, {1, 4, 3, 4}},
      {{1, 8, 9, 40}, {0, 1, 0, 1}, {1, 2, 3, 3}, {1, 4, 3, 13}},
      {{2, 2, 3, 2, 2, 3}, {1, 0, 1, 0, 1, 0}, {1, 1, 1, 1, 1, 2}, {1, 2, 2, 2, 1, 2}},
      {{4, 6}, {0, 0}, {1, 1}, {4, 6}},
      {{4, 6}, {3, 5}, {1, 1}, {1, 1}},
      {{200, 300}, {-3, -5}, {1, 1}, {206, 307}},
      {{9, 400}, {0, 1}, {1, 2}, {9, 199}},
  };
  for (const Box& box : boxes) {
    const Reals x = even(counted(elements(box.in)));
    for (const BoxCopy::Outside outside :
         {BoxCopy::Outside::kFill, BoxCopy::Outside::kReflect, BoxCopy::Outside::kSymmetric}) {
      const auto make = [&](const Form& from, const Form& to) {
        PlanCase plan = box_case(OperatorType::kPadV2, box.in, box.begin, box.stride, box.out, x, from, to);
        plan.op.box.outside = outside;
        plan.op.box.fill = 42;
        return plan;
      };
      Reals expected;
      Indices index(box.out);
      do {
        Dims at(box.in.size());
        bool inside = true;
        for (size_t axis = 0; axis < at.size(); ++axis) {
          at[axis] = box.begin[axis] + index.at()[axis] * box.stride[axis];
          if (outside == BoxCopy::Outside::kFill) {
            inside = inside && at[axis] >= 0 && at[axis] < box.in[axis];
          } else {
            at[axis] = mirrored(at[axis], box.in[axis], outside == BoxCopy::Outside::kSymmetric);
          }
        }
        expected.push_back(inside ? x[offset_of(at, box.in)] : 42);
      } while (index.next());
      for (const int threads : {1, 2}) {
        EXPECT_EQ(make({}, {}).result(threads), expected);
        EXPECT_EQ(make(kBytes, kBytes).result(threads), expected);
        EXPECT_EQ(make(kBytes, kWide).result(threads), expected);
      }
    }
  }
}

}  // namespace
}  // namespace approxlite
