#include "delegate/densify.h"

#include <cstring>

#include "delegate/tensor_view.h"

namespace approxlite {
namespace {

std::vector<int> to_vector(const tflite::IntArray* array) {
  return array != nullptr && array->size > 0 ? std::vector<int>(array->data, array->data + array->size)
                                             : std::vector<int>();
}

class Densifier {
 public:
  Densifier(const tflite::Tensor& tensor, const std::vector<int>& dims, size_t element_bytes)
      : tensor_(tensor), dims_(dims), element_bytes_(element_bytes) {}

  std::shared_ptr<std::vector<uint8_t>> run() {
    if (!read_description()) return nullptr;
    dense_ = std::make_shared<std::vector<uint8_t>>(static_cast<size_t>(elements(dims_)) * element_bytes_);
    index_.assign(levels_.size(), 0);
    return visit(0, 0) ? dense_ : nullptr;
  }

 private:
  struct Level {
    bool sparse;
    int size;                       // dense: how many
    std::vector<int> begin, index;  // sparse: children of node i are index[begin[i]..begin[i + 1])
    int axis;                       // of the dense tensor
    int block;                      // how many elements of that axis one step of this level spans
  };

  bool read_description() {
    const tflite::Sparsity& sparsity = *tensor_.sparsity;
    const std::vector<int> order = to_vector(sparsity.traversal_order), blocks = to_vector(sparsity.block_map);
    const int rank = static_cast<int>(dims_.size());
    // One block for each axis at most: `visit` goes as deep as there are levels.
    if (sparsity.dimensions == nullptr || blocks.size() > dims_.size() ||
        order.size() != dims_.size() + blocks.size() || sparsity.dimension_count != static_cast<int>(order.size())) {
      return false;
    }
    std::vector<int> block_size(dims_.size(), 1);
    std::vector<bool> seen(order.size(), false);
    for (size_t level = 0; level < order.size(); ++level) {
      const int axis = order[level];
      if (axis < 0 || axis >= static_cast<int>(order.size()) || seen[static_cast<size_t>(axis)]) return false;
      seen[static_cast<size_t>(axis)] = true;
      const tflite::DimensionMetadata& described = sparsity.dimensions[level];
      Level read = {};
      read.sparse = described.format == tflite::kDimensionSparse;
      if (!read.sparse && described.format != tflite::kDimensionDense) return false;
      read.size = described.dense_size;
      if (!read.sparse && (read.size < 1 || read.size > kMostElements)) return false;
      read.begin = read.sparse ? to_vector(described.segments) : std::vector<int>();
      read.index = read.sparse ? to_vector(described.indices) : std::vector<int>();
      read.axis = axis;
      read.block = 1;
      if (axis >= rank) {
        read.axis = blocks[static_cast<size_t>(axis - rank)];
        if (read.sparse || read.axis < 0 || read.axis >= rank || block_size[static_cast<size_t>(read.axis)] != 1) {
          return false;
        }
        block_size[static_cast<size_t>(read.axis)] = read.size;
      }
      levels_.push_back(std::move(read));
    }
    for (size_t level = 0; level < order.size(); ++level) {
      if (order[level] < rank) levels_[level].block = block_size[static_cast<size_t>(levels_[level].axis)];
    }
    return true;
  }

  // The subtree under node `node` of the levels above `level`.
  bool visit(size_t level, size_t node) {
    if (level == levels_.size()) return place();
    const Level& here = levels_[level];
    if (!here.sparse) {
      for (int i = 0; i < here.size; ++i) {
        index_[level] = i;
        if (!visit(level + 1, node * static_cast<size_t>(here.size) + static_cast<size_t>(i))) return false;
      }
      return true;
    }
    if (node + 1 >= here.begin.size()) return false;
    const int begin = here.begin[node], end = here.begin[node + 1];
    if (begin < 0 || end < begin || static_cast<size_t>(end) > here.index.size()) return false;
    for (int i = begin; i < end; ++i) {
      index_[level] = here.index[static_cast<size_t>(i)];
      if (!visit(level + 1, static_cast<size_t>(i))) return false;
    }
    return true;
  }

  // The next value of the constant goes where the indices say.
  bool place() {
    std::vector<int64_t>& position = position_;
    position.assign(dims_.size(), 0);
    for (size_t level = 0; level < levels_.size(); ++level) {
      const Level& here = levels_[level];
      if (index_[level] < 0) return false;
      position[static_cast<size_t>(here.axis)] += int64_t{index_[level]} * here.block;
    }
    size_t offset = 0;
    for (size_t axis = 0; axis < dims_.size(); ++axis) {
      if (position[axis] >= dims_[axis]) return false;
      offset = offset * static_cast<size_t>(dims_[axis]) + static_cast<size_t>(position[axis]);
    }
    if ((next_ + 1) * element_bytes_ > tensor_.bytes) return false;
    std::memcpy(dense_->data() + offset * element_bytes_,
                static_cast<const uint8_t*>(tensor_.data) + next_ * element_bytes_, element_bytes_);
    ++next_;
    return true;
  }

  const tflite::Tensor& tensor_;
  const std::vector<int>& dims_;
  const size_t element_bytes_;
  std::vector<Level> levels_;
  std::vector<int> index_;
  std::vector<int64_t> position_;
  size_t next_ = 0;
  std::shared_ptr<std::vector<uint8_t>> dense_;
};

}  // namespace

std::shared_ptr<std::vector<uint8_t>> densify(const tflite::Tensor& tensor, const std::vector<int>& dims,
                                              size_t element_bytes) {
  return Densifier(tensor, dims, element_bytes).run();
}

}  // namespace approxlite
