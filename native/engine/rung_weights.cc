#include "engine/rung_weights.h"

#include <bit>
#include <climits>
#include <cstring>
#include <map>

#include "engine/knob.h"
#include "engine/mapped_file.h"
#include "engine/safetensors.h"
#include "engine/text.h"

namespace approxlite {
namespace {

static_assert(std::endian::native == std::endian::little, "safetensors are little-endian");

// "<owner>/<atom>/<part>" with an atom that has weights of its own; false for any other name.
bool split_name(std::string_view name, std::string* owner_and_atom, bool* is_rank, std::string* part) {
  const size_t part_at = name.rfind('/');
  if (part_at == std::string_view::npos || part_at == 0) return false;
  const size_t denominator_at = name.rfind('/', part_at - 1);
  if (denominator_at == std::string_view::npos || denominator_at == 0) return false;
  const size_t atom_at = name.rfind('/', denominator_at - 1);
  if (atom_at == std::string_view::npos || atom_at == 0) return false;
  Knob knob;
  std::string error;
  const std::string_view atom = name.substr(atom_at + 1, part_at - atom_at - 1);
  if (!parse_knob(atom, &knob, &error) || (knob.inputs.whole() && knob.rank.whole())) return false;
  *owner_and_atom = name.substr(0, part_at);
  *is_rank = !knob.rank.whole();
  *part = name.substr(part_at + 1);
  return *part == "bias" || *part == "weights" || *part == (*is_rank ? "first" : "groups");
}

// The tensors of one operator and atom, before they are checked against each other.
struct Parts {
  bool is_rank = false;
  const StoredTensor* selection = nullptr;  // groups, or the first factor
  const StoredTensor* weights = nullptr;
  const StoredTensor* bias = nullptr;
};

// Null if the tensor has the type and as many dimensions, each of 1..INT_MAX; else what is wrong.
const char* check_tensor(const StoredTensor& tensor, const char* type, size_t dimensions) {
  if (tensor.type != type) return "has the wrong type";
  if (tensor.shape.size() != dimensions) return "has the wrong number of dimensions";
  for (const uint64_t size : tensor.shape) {
    if (size < 1 || size > INT_MAX) return "has a dimension that is zero or too large";
  }
  return nullptr;
}

struct Store {
  struct Entry {
    OperatorWeights weights;
    std::vector<int32_t> groups;  // checked, and copied because a file may change behind its mapping
  };
  MappedFile file;                   // of `open` alone
  const uint8_t* content = nullptr;  // all of it, `size` bytes
  size_t size = 0;
  const uint8_t* data = nullptr;  // behind the header
  std::map<std::string, Entry, std::less<>> entries;

  bool read(std::string* error);
  bool add(const std::string& name, const Parts& parts, std::string* error);
  bool set_selection(const StoredTensor& tensor, bool is_rank, Entry* entry, const char** wrong) const;

  const void* address(const StoredTensor& tensor) const { return data + tensor.begin; }
};

bool Store::read(std::string* error) {
  uint64_t header_bytes = 0;
  if (size < sizeof(header_bytes)) {
    *error = "too short for safetensors";
    return false;
  }
  std::memcpy(&header_bytes, content, sizeof(header_bytes));
  if (header_bytes > kMostHeaderBytes || header_bytes > size - sizeof(header_bytes)) {
    *error = format("header of %llu bytes is longer than the file or than is allowed",
                    static_cast<unsigned long long>(header_bytes));
    return false;
  }
  const std::string header(reinterpret_cast<const char*>(content) + sizeof(header_bytes), header_bytes);
  const uint64_t before = sizeof(header_bytes) + header_bytes;
  data = content + before;
  std::vector<StoredTensor> tensors;
  if (!parse_safetensors_header(header, size - before, &tensors, error)) return false;

  std::map<std::string, Parts> found;
  for (const StoredTensor& tensor : tensors) {
    std::string owner_and_atom, part;
    bool is_rank = false;
    if (!split_name(tensor.name, &owner_and_atom, &is_rank, &part)) continue;
    if (reinterpret_cast<uintptr_t>(address(tensor)) % sizeof(float) != 0) {
      *error = format("tensor '%.100s' does not begin at a multiple of four bytes", tensor.name.c_str());
      return false;
    }
    Parts& parts = found[owner_and_atom];
    parts.is_rank = is_rank;
    (part == "bias" ? parts.bias : part == "weights" ? parts.weights : parts.selection) = &tensor;
  }
  for (const auto& [name, parts] : found) {
    if (!add(name, parts, error)) return false;
  }
  return true;
}

bool Store::set_selection(const StoredTensor& tensor, bool is_rank, Entry* entry, const char** wrong) const {
  if ((*wrong = check_tensor(tensor, is_rank ? "F32" : "I32", is_rank ? 2 : 1)) != nullptr) return false;
  if (is_rank) {
    entry->weights.first = static_cast<const float*>(address(tensor));
    entry->weights.rank = static_cast<int>(tensor.shape[0]);
    entry->weights.k = static_cast<int>(tensor.shape[1]);
    return true;
  }
  const int32_t* groups = static_cast<const int32_t*>(address(tensor));
  entry->groups.assign(groups, groups + tensor.shape[0]);
  int32_t last = -1;
  for (const int32_t group : entry->groups) {
    if (group <= last) {
      *wrong = "is not ascending from 0";
      return false;
    }
    last = group;
  }
  entry->weights.group_count = static_cast<int>(tensor.shape[0]);
  return true;
}

bool Store::add(const std::string& name, const Parts& parts, std::string* error) {
  const char* const selection_name = parts.is_rank ? "first" : "groups";
  const auto refuse = [&](const char* part, const char* wrong) {
    *error = format("'%.100s': '%s' %s", name.c_str(), part, wrong);
    return false;
  };
  if (parts.selection == nullptr) return refuse(selection_name, "is missing");
  if (parts.weights == nullptr) return refuse("weights", "is missing");
  if (parts.bias == nullptr) return refuse("bias", "is missing");

  Entry entry;
  const char* wrong = nullptr;
  if (!set_selection(*parts.selection, parts.is_rank, &entry, &wrong)) return refuse(selection_name, wrong);
  if ((wrong = check_tensor(*parts.weights, "F32", 2)) != nullptr) return refuse("weights", wrong);
  if ((wrong = check_tensor(*parts.bias, "F32", 1)) != nullptr) return refuse("bias", wrong);
  const uint64_t columns = parts.is_rank ? parts.selection->shape[0] : uint64_t{4} * parts.selection->shape[0];
  if (parts.weights->shape[1] != columns) {
    return refuse("weights",
                  parts.is_rank ? "has not one column for each rank" : "has not four columns for each group");
  }
  if (parts.weights->shape[0] != parts.bias->shape[0]) return refuse("bias", "has not one number for each output");
  entry.weights.weights = static_cast<const float*>(address(*parts.weights));
  entry.weights.bias = static_cast<const float*>(address(*parts.bias));
  entry.weights.outputs = static_cast<int>(parts.bias->shape[0]);
  Entry& kept = entries.emplace(name, std::move(entry)).first->second;
  if (!parts.is_rank) kept.weights.groups = kept.groups.data();
  return true;
}

}  // namespace

struct RungWeights::State {
  std::shared_ptr<const Store> store;  // plans keep it alive as well
};

std::shared_ptr<const RungWeights> RungWeights::open(const char* path, uint64_t offset, uint64_t bytes,
                                                     std::string* error) {
  const auto store = std::make_shared<Store>();
  if (!store->file.open(path, offset, bytes, error)) return nullptr;
  store->content = store->file.bytes();
  store->size = store->file.size();
  if (!store->read(error)) {
    *error = format("%.200s: %s", path, error->c_str());
    return nullptr;
  }
  return std::shared_ptr<const RungWeights>(new RungWeights(std::make_unique<State>(State{store})));
}

std::shared_ptr<const RungWeights> RungWeights::view(const void* content, size_t bytes, std::string* error) {
  const auto store = std::make_shared<Store>();
  store->content = static_cast<const uint8_t*>(content);
  store->size = bytes;
  if (!store->read(error)) return nullptr;
  return std::shared_ptr<const RungWeights>(new RungWeights(std::make_unique<State>(State{store})));
}

RungWeights::RungWeights(std::unique_ptr<State> state) : state_(std::move(state)) {}
RungWeights::~RungWeights() = default;

std::shared_ptr<const OperatorWeights> RungWeights::find(std::string_view rung, std::string_view operator_id,
                                                         std::string_view atom) const {
  const auto& entries = state_->store->entries;
  const std::string shared = std::string(operator_id) + "/" + std::string(atom);
  auto found = entries.end();
  if (!rung.empty()) found = entries.find(std::string(rung) + "/" + shared);
  if (found == entries.end()) found = entries.find(shared);
  if (found == entries.end()) return nullptr;
  return {state_->store, &found->second.weights};
}

}  // namespace approxlite
