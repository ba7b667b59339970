// Axes in another order. Depth to space and space to depth are that too, once blocks are axes of their own.
#include "engine/data_movement.h"

namespace approxlite {
namespace {

// An axis of the output; `step` bytes lie between its indices in the input, `out_step` in the output.
struct Axis {
  size_t size, step, out_step;
};

// The axes of the output, outermost first, as few as can be.
std::vector<Axis> axes_of(const std::vector<int>& dims, const std::vector<int>& permutation, size_t element_bytes) {
  std::vector<size_t> steps(dims.size());
  size_t step = element_bytes;
  for (size_t axis = dims.size(); axis-- > 0;) {
    steps[axis] = step;
    step *= static_cast<size_t>(dims[axis]);
  }
  std::vector<Axis> axes;
  for (const int from : permutation) {
    const size_t size = static_cast<size_t>(dims[static_cast<size_t>(from)]);
    if (size == 1) continue;
    const size_t in_step = steps[static_cast<size_t>(from)];
    if (!axes.empty() && axes.back().step == in_step * size) {
      axes.back() = {axes.back().size * size, in_step, 0};
    } else {
      axes.push_back({size, in_step, 0});
    }
  }
  size_t out_step = element_bytes;
  for (size_t axis = axes.size(); axis-- > 0;) {
    axes[axis].out_step = out_step;
    out_step *= axes[axis].size;
  }
  return axes;
}

// `across` runs along the input's rows, `down` along the output's: in tiles, so that neither is touched a line of cache
// at a time for one element.
template <typename T>
void transpose_tiles(const uint8_t* from, const Axis& across, const Axis& down, size_t begin, size_t end, uint8_t* to) {
  constexpr size_t kTile = 16;
  for (size_t first = begin; first < end; first += kTile) {
    const size_t last = std::min(end, first + kTile);
    for (size_t row = 0; row < down.size; row += kTile) {
      const size_t last_row = std::min(down.size, row + kTile);
      for (size_t i = first; i < last; ++i) {
        const uint8_t* source = from + i * across.step + row * down.step;
        uint8_t* target = to + i * across.out_step + row * down.out_step;
        for (size_t r = row; r < last_row; ++r, source += down.step, target += down.out_step) {
          std::memcpy(target, source, sizeof(T));
        }
      }
    }
  }
}

class TransposePlan final : public Plan {
 public:
  TransposePlan(const PlanContext& context, const PlanChoice& choice, const std::vector<int>& dims,
                const std::vector<int>& permutation)
      : op_(context.op), arrival_(context.kernels, choice.inputs[0], choice.output) {
    run_bytes_ = arrival_.element_bytes();
    axes_ = axes_of(dims, permutation, run_bytes_);
    if (!axes_.empty() && axes_.back().step == run_bytes_) {
      // The innermost axis stays innermost: whole runs are copied.
      run_bytes_ *= axes_.back().size;
      axes_.pop_back();
      if (!axes_.empty()) {
        down_ = axes_.back();
        axes_.pop_back();
      }
    } else if (!axes_.empty()) {
      down_ = axes_.back();
      axes_.pop_back();
      const auto innermost_of_input = [this](const Axis& axis) { return axis.step == run_bytes_; };
      const auto across = std::find_if(axes_.begin(), axes_.end(), innermost_of_input);
      across_ = *across;
      axes_.erase(across);
      tiled_ = true;
    }
    outer_ = 1;
    for (const Axis& axis : axes_) outer_ *= axis.size;
  }

  void bind(const Addresses& addresses, uint8_t*) override {
    x_ = address_of<const uint8_t>(op_.inputs[0], addresses);
    y_ = address_of<uint8_t>(op_.outputs[0], addresses);
  }

  void run(ThreadPool& pool) override {
    if (!tiled_) {
      const int grain = pieces_worth_sharing(down_.size * run_bytes_ / 4);
      pool.split(static_cast<int>(outer_), grain, [&](int begin, int end, int) {
        for (int i = begin; i < end; ++i) copy_runs(place_of(static_cast<size_t>(i)));
      });
      return;
    }
    // Pieces are bands of the axis that runs along the input's rows.
    const size_t bands = (across_.size + kBand - 1) / kBand;
    const int pieces = static_cast<int>(outer_ * bands);
    pool.split(pieces, pieces_worth_sharing(kBand * down_.size), [&](int begin, int end, int) {
      for (int i = begin; i < end; ++i) {
        const size_t band = static_cast<size_t>(i) % bands;
        transpose_band(place_of(static_cast<size_t>(i) / bands), band * kBand,
                       std::min(across_.size, (band + 1) * kBand));
      }
    });
  }

  size_t bytes() const override { return axes_.size() * sizeof(Axis); }

 private:
  static constexpr size_t kBand = 16;
  struct Place {
    size_t from = 0, to = 0;
  };

  Place place_of(size_t index) const {
    Place place;
    for (size_t axis = axes_.size(); axis-- > 0;) {
      const size_t i = index % axes_[axis].size;
      index /= axes_[axis].size;
      place.from += i * axes_[axis].step;
      place.to += i * axes_[axis].out_step;
    }
    return place;
  }

  void copy_runs(const Place& place) const {
    for (size_t i = 0; i < down_.size; ++i) {
      arrival_.copy(x_ + place.from + i * down_.step, run_bytes_, y_ + place.to + i * down_.out_step);
    }
  }

  void transpose_band(const Place& place, size_t begin, size_t end) const {
    const uint8_t* from = x_ + place.from;
    uint8_t* to = y_ + place.to;
    if (run_bytes_ == 4) return transpose_tiles<uint32_t>(from, across_, down_, begin, end, to);
    transpose_tiles<uint8_t>(from, across_, down_, begin, end, to);
    for (size_t i = begin; i < end; ++i) arrival_.finish(to + i * across_.out_step, down_.size);
  }

  const Operator& op_;
  Arrival arrival_;
  size_t run_bytes_;
  std::vector<Axis> axes_;       // outside of those below
  bool tiled_ = false;           // tiles of two axes, or runs of bytes along `down_`
  Axis across_ = {1, 0, 0}, down_ = {1, 0, 0};
  size_t outer_;
  const uint8_t* x_ = nullptr;
  uint8_t* y_ = nullptr;
};

}  // namespace

std::unique_ptr<Plan> make_transpose_plan(const PlanContext& context, const PlanChoice& choice) {
  const Operator& op = context.op;
  const std::vector<int>& dims = op.inputs[0].dims;
  if (op.type == OperatorType::kTranspose) {
    return std::make_unique<TransposePlan>(context, choice, dims, op.permutation);
  }
  // The block's rows, or columns, change places with the image's columns; rows of images make no difference.
  const int block = op.block, rows = dims[0] * dims[1];
  if (op.type == OperatorType::kDepthToSpace) {
    const int channels = dims[3] / (block * block);
    return std::make_unique<TransposePlan>(context, choice, std::vector<int>{rows, dims[2], block, block * channels},
                                           std::vector<int>{0, 2, 1, 3});
  }
  return std::make_unique<TransposePlan>(context, choice,
                                         std::vector<int>{rows / block, block, dims[2] / block, block * dims[3]},
                                         std::vector<int>{0, 2, 1, 3});
}

}  // namespace approxlite
