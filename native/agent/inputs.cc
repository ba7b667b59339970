#include "agent/inputs.h"

#include "controller/random.h"
#include "engine/text.h"

namespace approxlite::agent {
namespace {

// Types that models take, by TensorFlow Lite's numbers.
enum Type : int { kFloat32 = 1, kInt32 = 2, kUInt8 = 3, kInt64 = 4, kBool = 6, kInt16 = 7, kInt8 = 9 };

template <class Value, class Draw>
bool fill(size_t bytes, void* out, const Draw& draw) {
  Value* const values = static_cast<Value*>(out);
  for (size_t i = 0; i < bytes / sizeof(Value); ++i) values[i] = static_cast<Value>(draw());
  return true;
}

}  // namespace

bool fill_values(int type, size_t bytes, uint64_t* state, void* out) {
  Random random(*state);
  const auto top = [&](int bits) { return random.next() >> (64 - bits); };
  // 24 bits are what a float holds: the same value in every language.
  const auto real = [&] { return static_cast<float>(static_cast<int32_t>(top(24)) - (1 << 23)) * 0x1p-23f; };
  // Whole numbers are mostly places in a table: 0 or 1.
  const auto bit = [&] { return top(1); };
  bool known = false;
  switch (type) {
    case kFloat32: known = fill<float>(bytes, out, real); break;
    case kUInt8: known = fill<uint8_t>(bytes, out, [&] { return top(8); }); break;
    case kInt8: known = fill<int8_t>(bytes, out, [&] { return static_cast<int8_t>(top(8)); }); break;
    case kInt16: known = fill<int16_t>(bytes, out, [&] { return static_cast<int16_t>(top(16)); }); break;
    case kInt32: known = fill<int32_t>(bytes, out, bit); break;
    case kInt64: known = fill<int64_t>(bytes, out, bit); break;
    case kBool: known = fill<uint8_t>(bytes, out, bit); break;
    default: break;
  }
  *state = random.state();
  return known;
}

bool fill_inputs(const Runtime& runtime, const TfLiteInterpreter* interpreter, uint64_t seed, std::string* error) {
  uint64_t state = seed;
  const int32_t count = runtime.InterpreterGetInputTensorCount(interpreter);
  for (int32_t i = 0; i < count; ++i) {
    TfLiteTensor* const tensor = runtime.InterpreterGetInputTensor(interpreter, i);
    void* const bytes = runtime.TensorData(tensor);
    if (bytes == nullptr || !fill_values(runtime.TensorType(tensor), runtime.TensorByteSize(tensor), &state, bytes)) {
      *error = format("input %d is of type %d, for which there are no values here", i, runtime.TensorType(tensor));
      return false;
    }
  }
  return true;
}

}  // namespace approxlite::agent
