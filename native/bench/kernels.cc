// Everything but convolutions, in every variant, on a tensor of a middle layer: 28 x 28 x 96.
#include <benchmark/benchmark.h>

#include <functional>
#include <string>

#include "engine/buffer.h"
#include "kernels/kernels.h"

namespace approxlite {
namespace {

constexpr int kHeight = 28, kWidth = 28, kChannels = 96;
constexpr size_t kSize = static_cast<size_t>(kHeight) * kWidth * kChannels;
constexpr float kLow = 0, kHigh = 6;

struct Tensors {
  Buffer a{kSize * sizeof(float)}, b{kSize * sizeof(float)}, y{kSize * sizeof(float)};
  Buffer a_bytes{kSize}, b_bytes{kSize}, y_bytes{kSize}, table{256};
  Tensors() {
    for (size_t i = 0; i < kSize; ++i) {
      a.as<float>()[i] = static_cast<float>(i * 7919 % 2001) / 250 - 4;
      b.as<float>()[i] = static_cast<float>(i * 104729 % 2001) / 250 - 4;
      a_bytes.data()[i] = static_cast<uint8_t>(i * 7919 >> 3);
      b_bytes.data()[i] = static_cast<uint8_t>(i * 104729 >> 3);
    }
  }
};

using Call = std::function<void(const KernelTable&, Tensors&)>;

struct Measured {
  const char* name;
  Call call;
};

Pool pool(Tensors& t) {
  return {t.a.as<float>(), kHeight, kWidth, kChannels,      2, 2, 2, 2, 0, 0, kHeight / 2,
          kWidth / 2,      kLow,    kHigh,  t.y.as<float>()};
}
PoolBytes pool_bytes(Tensors& t) {
  return {t.a_bytes.data(), kHeight, kWidth, kChannels,       2, 2, 2, 2, 0, 0, kHeight / 2, kWidth / 2, 128, 1.0f,
          128.0f,           0,       255,    t.y_bytes.data()};
}

const Measured kCalls[] = {
    {"add",
     [](auto& k, auto& t) {
       k.binary(BinaryOp::kAdd, {t.a.template as<float>(), t.b.template as<float>(), Broadcast::kSame, kSize, kChannels,
                                 kLow, kHigh, t.y.template as<float>()});
     }},
    {"mul_per_channel",
     [](auto& k, auto& t) {
       k.binary(BinaryOp::kMul, {t.a.template as<float>(), t.b.template as<float>(), Broadcast::kChannel, kSize,
                                 kChannels, kLow, kHigh, t.y.template as<float>()});
     }},
    {"add_bytes",
     [](auto& k, auto& t) {
       k.add_bytes({t.a_bytes.data(), t.b_bytes.data(), Broadcast::kSame, kSize, kChannels, 1 << 20, 1 << 19, 1 << 20,
                    21, 0, 0, 255, t.y_bytes.data()});
     }},
    {"clamp",
     [](auto& k, auto& t) {
       k.unary(UnaryOp::kClamp, t.a.template as<float>(), kSize, kLow, kHigh, t.y.template as<float>());
     }},
    {"logistic",
     [](auto& k, auto& t) {
       k.unary(UnaryOp::kLogistic, t.a.template as<float>(), kSize, kLow, kHigh, t.y.template as<float>());
     }},
    {"hard_swish",
     [](auto& k, auto& t) {
       k.unary(UnaryOp::kHardSwish, t.a.template as<float>(), kSize, -kHigh, kHigh, t.y.template as<float>());
     }},
    {"prelu",
     [](auto& k, auto& t) {
       k.prelu(t.a.template as<float>(), t.b.template as<float>(), kSize, kChannels, t.y.template as<float>());
     }},
    {"lookup", [](auto& k, auto& t) { k.lookup(t.a_bytes.data(), kSize, t.table.data(), t.y_bytes.data()); }},
    {"flip", [](auto& k, auto& t) { k.flip(t.a_bytes.data(), kSize, t.y_bytes.data()); }},
    {"average_pool", [](auto& k, auto& t) { k.average_pool(pool(t)); }},
    {"max_pool", [](auto& k, auto& t) { k.max_pool(pool(t)); }},
    {"average_pool_bytes", [](auto& k, auto& t) { k.average_pool_bytes(pool_bytes(t)); }},
    {"max_pool_bytes", [](auto& k, auto& t) { k.max_pool_bytes(pool_bytes(t)); }},
    {"softmax",
     [](auto& k, auto& t) {
       k.softmax(t.a.template as<float>(), kSize / kChannels, kChannels, 1.0f, t.y.template as<float>());
     }},
    {"range",
     [](auto& k, auto& t) {
       float low, high;
       k.range(t.a.template as<float>(), kSize, &low, &high);
       benchmark::DoNotOptimize(low + high);
     }},
    {"quantize", [](auto& k, auto& t) { k.quantize(t.a.template as<float>(), kSize, 30.0f, 128, t.y_bytes.data()); }},
    {"dequantize",
     [](auto& k, auto& t) { k.dequantize(t.a_bytes.data(), kSize, 0.03f, 128, t.y.template as<float>()); }},
    {"blend",
     [](auto& k, auto& t) {
       k.blend(t.a.template as<float>(), t.b.template as<float>(), 0.5f, {kSize}, t.y.template as<float>());
     }},
    {"mean_of_two_bytes",
     [](auto& k, auto& t) {
       const uint8_t* const sources[] = {t.a_bytes.data(), t.b_bytes.data()};
       k.mean_of_bytes(sources, 2, {kSize}, t.y_bytes.data());
     }},
    {"mean_of_four_bytes",
     [](auto& k, auto& t) {
       const uint8_t* const sources[] = {t.a_bytes.data(), t.b_bytes.data(), t.a_bytes.data(), t.b_bytes.data()};
       k.mean_of_bytes(sources, 4, {kSize}, t.y_bytes.data());
     }},
};

const bool registered = [] {
  for (const Measured& each : kCalls) {
    for (int i = 0; kernels_at(i) != nullptr; ++i) {
      const KernelTable& kernels = *kernels_at(i);
      if (std::string_view(kernels.name) == "reference") continue;
      const std::string name = std::string("kernel/") + each.name + "/" + kernels.name;
      benchmark::RegisterBenchmark(name.c_str(), [&each, &kernels](benchmark::State& state) {
        Tensors tensors;
        for (auto _ : state) {
          each.call(kernels, tensors);
          benchmark::ClobberMemory();
        }
        state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(kSize));
      });
    }
  }
  return true;
}();

}  // namespace
}  // namespace approxlite
