#include "engine/safetensors.h"

#include <algorithm>
#include <unordered_set>

#include "engine/json_reader.h"
#include "engine/text.h"

namespace approxlite {
namespace {

// Bytes of one element; 0 for a type there is not.
uint64_t element_bytes(std::string_view type) {
  struct Type {
    std::string_view name;
    uint64_t bytes;
  };
  static constexpr Type kTypes[] = {{"F32", 4}, {"I32", 4}, {"F64", 8},  {"I64", 8}, {"U64", 8}, {"U32", 4}, {"F16", 2},
                                    {"I16", 2}, {"U16", 2}, {"BF16", 2}, {"I8", 1},  {"U8", 1},  {"BOOL", 1}};
  for (const Type& known : kTypes) {
    if (known.name == type) return known.bytes;
  }
  return 0;
}

bool read_tensor(JsonReader& reader, StoredTensor* tensor) {
  bool has_type = false, has_shape = false, has_offsets = false;
  const auto member = [&](std::string_view key) {
    if (key == "dtype" && !has_type) {
      has_type = true;
      std::string_view type;
      if (!reader.string(&type)) return false;
      tensor->type = type;
      return true;
    }
    if (key == "shape" && !has_shape) {
      has_shape = true;
      return reader.numbers(kMostDimensions, &tensor->shape);
    }
    if (key == "data_offsets" && !has_offsets) {
      has_offsets = true;
      std::vector<uint64_t> offsets;
      if (!reader.numbers(2, &offsets)) return false;
      if (offsets.size() != 2) return reader.fail("data_offsets are not two numbers");
      tensor->begin = offsets[0];
      tensor->end = offsets[1];
      return true;
    }
    return reader.fail("an unknown or repeated field");
  };
  if (!reader.object(member)) return false;
  return (has_type && has_shape && has_offsets) || reader.fail("a tensor without dtype, shape or data_offsets");
}

bool read_header(JsonReader& reader, std::vector<StoredTensor>* tensors) {
  bool has_metadata = false;
  std::unordered_set<std::string_view> names;
  const auto member = [&](std::string_view name) {
    if (name == "__metadata__") {
      if (has_metadata) return reader.fail("a second __metadata__");
      has_metadata = true;
      std::string_view value;
      return reader.object([&](std::string_view) { return reader.string(&value); });
    }
    if (!names.insert(name).second) return reader.fail("a name that occurs twice");
    if (tensors->size() == kMostTensors) return reader.fail("too many tensors");
    tensors->push_back({.name = std::string(name)});
    return read_tensor(reader, &tensors->back());
  };
  if (!reader.object(member)) return false;
  return reader.at_end() || reader.fail("something after the end");
}

// What the shape takes; UINT64_MAX for a type there is not or a size beyond all bounds.
uint64_t bytes_of(const StoredTensor& tensor) {
  uint64_t bytes = element_bytes(tensor.type);
  if (bytes == 0) return UINT64_MAX;
  for (const uint64_t size : tensor.shape) {
    if (__builtin_mul_overflow(bytes, size, &bytes)) return UINT64_MAX;
  }
  return bytes;
}

}  // namespace

bool parse_safetensors_header(std::string_view header, uint64_t data_bytes, std::vector<StoredTensor>* tensors,
                              std::string* error) {
  tensors->clear();
  JsonReader reader(header);
  if (!read_header(reader, tensors)) {
    *error = reader.error();
    return false;
  }
  std::stable_sort(tensors->begin(), tensors->end(), [](const StoredTensor& a, const StoredTensor& b) {
    return a.begin != b.begin ? a.begin < b.begin : a.end < b.end;
  });
  uint64_t filled = 0;
  for (const StoredTensor& tensor : *tensors) {
    const char* wrong = nullptr;
    if (tensor.end < tensor.begin || tensor.end > data_bytes) {
      wrong = "lies outside of the data";
    } else if (tensor.begin != filled) {
      wrong = "does not begin where the one before it ends";
    } else if (bytes_of(tensor) != tensor.end - tensor.begin) {
      wrong = "has a shape and type of another size";
    }
    if (wrong != nullptr) {
      *error = format("tensor '%.100s' %s", tensor.name.c_str(), wrong);
      return false;
    }
    filled = tensor.end;
  }
  if (filled != data_bytes) *error = "there is data after the last tensor";
  return filled == data_bytes;
}

}  // namespace approxlite
