#include "test/kernels/buffers.h"

namespace approxlite {
namespace {

Buffer<uint8_t> random_bytes(Random& random, size_t size) {
  Buffer<uint8_t> bytes(size);
  for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<uint8_t>(random.integer(0, 255));
  return bytes;
}

TEST(AddBytes, GivesTheSameBytesInEveryVariant) {
  for (uint32_t seed = 1; seed <= 400; ++seed) {
    Random random(seed);
    const int pixels = random.integer(1, 40), channels = random.integer(1, 200);
    const auto broadcast = static_cast<Broadcast>(random.integer(0, 2));
    const size_t size = static_cast<size_t>(pixels) * channels;
    const size_t b_size = broadcast == Broadcast::kSame ? size : broadcast == Broadcast::kScalar ? 1 : channels;
    const Buffer<uint8_t> a = random_bytes(random, size), b = random_bytes(random, b_size);
    AddBytes call = {.a = a.data(), .b = b.data(), .broadcast = broadcast, .size = size, .channels = channels};
    call.a_multiplier = random.integer(-(1 << 21) + 1, (1 << 21) - 1);
    call.b_multiplier = random.integer(-(1 << 21) + 1, (1 << 21) - 1);
    call.shift = random.integer(12, 30);
    call.bias = random.integer(-(1 << 29), 1 << 29);
    call.zero_point = random.integer(0, 255);
    call.high = 255;
    if (random.chance(40)) call.low = 20, call.high = random.integer(21, 255);
    const auto result_of = [&](const KernelTable& kernels) {
      Buffer<uint8_t> y(size);
      call.y = y.data();
      kernels.add_bytes(call);
      return y;
    };
    const Buffer<uint8_t> expected = result_of(reference_kernels());
    for (const KernelTable* variant : every_variant()) {
      EXPECT_EQ(result_of(*variant).difference(expected), "")
          << variant->name << " " << pixels << " pixels of " << channels << ", broadcast "
          << static_cast<int>(broadcast) << ", seed " << seed;
    }
  }
}

TEST(AddBytes, ShiftsDownAndStaysInsideItsBounds) {
  const uint8_t a[] = {1, 2, 3, 255, 0}, b[] = {0, 1, 0, 255, 0};
  for (const KernelTable* variant : every_variant()) {
    uint8_t y[5];
    // Half of a, all of b, halves rounded up.
    variant->add_bytes({a, b, Broadcast::kSame, 5, 5, 1 << 19, 1 << 20, 1 << 19, 20, 0, 0, 255, y});
    EXPECT_EQ(std::vector<uint8_t>(y, y + 5), (std::vector<uint8_t>{1, 2, 2, 255, 0})) << variant->name;
    variant->add_bytes({a, b, Broadcast::kSame, 5, 5, 1 << 20, -(1 << 20), 1 << 19, 20, -2, 0, 255, y});
    EXPECT_EQ(std::vector<uint8_t>(y, y + 5), (std::vector<uint8_t>{0, 0, 1, 0, 0})) << variant->name;
  }
}

TEST(Lookup, GivesTheEntryOfEveryByteInPlaceToo) {
  for (uint32_t seed = 1; seed <= 60; ++seed) {
    Random random(seed);
    const size_t size = static_cast<size_t>(seed == 1 ? 4096 : random.integer(1, 300));
    const Buffer<uint8_t> x = random_bytes(random, size), table = random_bytes(random, 256);
    Buffer<uint8_t> expected(size);
    for (size_t i = 0; i < size; ++i) expected[i] = table[x[i]];
    for (const KernelTable* variant : every_variant()) {
      Buffer<uint8_t> y(size);
      variant->lookup(x.data(), size, table.data(), y.data());
      EXPECT_EQ(y.difference(expected), "") << variant->name << " seed " << seed;
      std::memcpy(y.data(), x.data(), size);
      variant->lookup(y.data(), size, table.data(), y.data());
      EXPECT_EQ(y.difference(expected), "") << variant->name << " in place, seed " << seed;
    }
  }
}

TEST(Flip, ExchangesSignedAndUnsignedBytesInPlaceToo) {
  for (int size = 1; size <= 300; ++size) {
    Random random(static_cast<uint32_t>(size));
    const Buffer<uint8_t> x = random_bytes(random, static_cast<size_t>(size));
    Buffer<uint8_t> expected(x.size());
    for (size_t i = 0; i < x.size(); ++i) expected[i] = static_cast<uint8_t>(static_cast<int8_t>(x[i]) + 128);
    for (const KernelTable* variant : every_variant()) {
      Buffer<uint8_t> y(x.size());
      variant->flip(x.data(), x.size(), y.data());
      EXPECT_EQ(y.difference(expected), "") << variant->name << " " << size;
      std::memcpy(y.data(), x.data(), x.size());
      variant->flip(y.data(), x.size(), y.data());
      EXPECT_EQ(y.difference(expected), "") << variant->name << " in place, " << size;
    }
  }
}

}  // namespace
}  // namespace approxlite
