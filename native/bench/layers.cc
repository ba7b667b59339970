// Convolutions, exact, in every variant: hot layers of the models in the collection and of docs/performance.md.
#include <benchmark/benchmark.h>

#include <string>

#include "bench/layer.h"

namespace approxlite {
namespace {

constexpr LayerShape kLayers[] = {
    // ResNet-8 large, ResNet-20, ResNet-8
    {32, 32, 3, 40, 3, 1},
    {32, 32, 40, 40, 3, 1},
    {16, 16, 80, 80, 3, 1},
    {8, 8, 160, 160, 3, 1},
    {32, 32, 16, 16, 3, 1},
    {16, 16, 32, 32, 3, 1},
    {8, 8, 64, 64, 3, 1},
    // keyword spotting, person or not
    {49, 10, 1, 64, 10, 2},
    {25, 5, 64, 64, 1, 1},
    {48, 48, 8, 16, 1, 1},
    {24, 24, 32, 32, 1, 1},
    {6, 6, 128, 128, 1, 1},
    {3, 3, 256, 256, 1, 1},
    // EfficientNet-Lite0, MobileNetV2
    {224, 224, 3, 32, 3, 2},
    {112, 112, 32, 16, 1, 1},
    {56, 56, 24, 144, 1, 1},
    {14, 14, 384, 64, 1, 1},
    {14, 14, 480, 112, 1, 1},
    {7, 7, 1152, 192, 1, 1},
    {7, 7, 320, 1280, 1, 1},
    // ResNet-50
    {56, 56, 64, 64, 3, 1},
    {28, 28, 128, 128, 3, 1},
    {7, 7, 512, 512, 3, 1},
    // fully connected
    {1, 1, 640, 128, 1, 1},
    {1, 1, 1280, 1000, 1, 1},
    // depthwise
    {25, 5, 64, 64, 3, 1, true},
    {24, 24, 32, 32, 3, 1, true},
    {48, 48, 8, 8, 3, 1, true},
    {112, 112, 32, 32, 3, 1, true},
    {112, 112, 96, 96, 3, 2, true},
    {28, 28, 240, 240, 5, 1, true},
    {14, 14, 384, 384, 3, 1, true},
    {7, 7, 1152, 1152, 5, 1, true},
};

void run_layer(benchmark::State& state, const LayerShape& shape, bool bytes, const KernelTable& kernels) {
  Layer layer(shape, bytes, kernels);
  const std::unique_ptr<Plan> plan = layer.plan(Knob{});
  ThreadPool pool(1);
  plan->run(pool);
  for (auto _ : state) {
    plan->run(pool);
    benchmark::ClobberMemory();
  }
  state.counters["GMAC/s"] = benchmark::Counter(1e-9 * static_cast<double>(layer.multiply_accumulates()),
                                                benchmark::Counter::kIsIterationInvariantRate);
}

// The reference twins are truth, not speed.
bool measured(const KernelTable& kernels) { return std::string_view(kernels.name) != "reference"; }

const bool registered = [] {
  for (const LayerShape& shape : kLayers) {
    for (const bool bytes : {false, true}) {
      for (int i = 0; kernels_at(i) != nullptr; ++i) {
        const KernelTable& kernels = *kernels_at(i);
        if (!measured(kernels)) continue;
        const std::string name = "layer/" + shape.name() + (bytes ? "/int8/" : "/float/") + kernels.name;
        benchmark::RegisterBenchmark(name.c_str(), [&shape, bytes, &kernels](benchmark::State& state) {
          run_layer(state, shape, bytes, kernels);
        });
      }
    }
  }
  return true;
}();

}  // namespace
}  // namespace approxlite
