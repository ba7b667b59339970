// The same network, configuration and input give the same bytes wherever they run: every variant of this build, with one
// thread and with two, gives what golden_bits.txt holds, and so do builds for other CPUs, which read the same file.
// APPROX_WRITE_GOLDEN=1 writes it anew; do so only together with a new numerics version (engine/version.h).
#include <gtest/gtest.h>

#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <string>

#include "engine/partition.h"
#include "test/engine/network.h"

namespace approxlite {
namespace {

constexpr int kNetworks = 10;
constexpr const char* kRungs[] = {"exact",
                                  "int8",
                                  "rows:1/2",
                                  "cols:2/3",
                                  "checker:1/2",
                                  "sample:1/2",
                                  "inputs:1/2",
                                  "rank:1/2",
                                  "int8+rows:2/3",
                                  "int8+inputs:1/2+checker:1/2",
                                  "inputs:1/4+rows:1/2+cols:1/2",
                                  "int8 calibrated",
                                  "int8+inputs:1/2 calibrated"};

// Half of the networks hold floats, half 8-bit numbers; number 0 and 1 are large enough to be shared among threads.
struct Case {
  Network network;
  std::vector<uint8_t> input;
  int first, last;
};

int drawn(Network& network, std::initializer_list<int> choices) {
  const int at = static_cast<int>((network.value() + 1) / 2.0005f * static_cast<float>(choices.size()));
  return choices.begin()[at];
}

int add_step(Network& network, int from, bool large) {
  const Shape shape = network.shape(from);
  const Range range = drawn(network, {0, 1}) == 0 ? Range{} : Range{0, 6};
  // Drawn one by one: the order in which arguments are evaluated is the compiler's choice.
  const int kind = drawn(network, {0, 0, 1, 2, 3, 4});
  const int channels = drawn(network, {3, 8, 16, 20, 33});
  const int stride = drawn(network, {1, 1, 2});
  switch (kind) {
    case 0: return network.conv(from, large ? 32 : channels, 3, stride, range);
    case 1: return network.conv(from, channels, 1, 1, range);
    case 2: return network.depthwise(from, 3, stride, range);
    case 3: return network.add(network.conv(from, shape.channels, 3, 1, range), from);
    default: return shape.height < 4 || shape.width < 4 ? network.conv(from, 12, 1) : network.max_pool(from);
  }
}

Case make_case(int number) {
  const bool bytes = number % 2 == 1, large = number < 2;
  Case made = {.network = Network(static_cast<uint32_t>(number) + 100)};
  Network& network = made.network;
  const Shape shape =
      large ? Shape{24, 22, 32}
            : Shape{drawn(network, {5, 8, 11}), drawn(network, {4, 7, 12}), drawn(network, {3, 8, 16, 20})};
  made.first = bytes ? network.tensor(shape, ElementType::kInt8, {0.05f, 120}) : network.tensor(shape);
  int last = made.first;
  if (large) last = network.conv(last, 32, 3);
  for (int step = 0; step < (large ? 2 : 4); ++step) last = add_step(network, last, large);
  made.last = network.conv(last, 10, 1);
  made.input.resize(network.spec(made.first).size() * (bytes ? 1 : sizeof(float)));
  for (size_t i = 0; i < network.spec(made.first).size(); ++i) {
    const float value = network.value();
    if (bytes) {
      made.input[i] = static_cast<uint8_t>(static_cast<int>(127 * value));
    } else {
      const float wide = 3 * value;
      std::memcpy(made.input.data() + i * sizeof(float), &wide, sizeof(float));
    }
  }
  return made;
}

std::vector<Choice> choices(const std::vector<Operator>& operators, std::string text) {
  const size_t space = text.find(' ');
  const bool calibrated = space != std::string::npos;
  Choice wanted;
  std::string error;
  EXPECT_TRUE(parse_knob(text.substr(0, space), &wanted.knob, &error)) << error;
  if (calibrated) wanted.scale = Grid{0.04f, 117};
  std::vector<Choice> chosen;
  for (const Operator& op : operators) {
    KnobSupport support = op.knobs;
    support.rank = op.type == OperatorType::kConv2d && !op.eight_bit();
    chosen.push_back(has_knob(support, wanted.knob, &error) ? wanted : Choice{});
  }
  return chosen;
}

std::string hash(const std::vector<uint8_t>& bytes) {  // FNV-1a
  uint64_t value = 14695981039346656037u;
  for (const uint8_t byte : bytes) value = (value ^ byte) * 1099511628211u;
  char text[17];
  std::snprintf(text, sizeof(text), "%016" PRIx64, value);
  return text;
}

// Every rung's output, in the order of kRungs, after runs in both orders.
std::vector<std::string> run(Case& made, const KernelTable& kernels, int threads) {
  ThreadPool pool(threads);
  Partition partition(made.network.operators(), {made.first}, {made.last}, made.network.tensor_count(), kernels, pool);
  std::vector<std::vector<Choice>> ladder;
  for (const char* rung : kRungs) ladder.push_back(choices(partition.operators(), rung));
  partition.set_ladder(ladder);
  const TensorSpec& spec = made.network.spec(made.last);
  std::vector<uint8_t> output(spec.size() * element_bytes(spec.type));
  partition.place(made.first, made.input.data());
  partition.place(made.last, output.data());
  std::vector<std::string> hashes;
  for (size_t rung = 0; rung < ladder.size(); ++rung) {
    partition.run(static_cast<int>(rung));
    hashes.push_back(hash(output));
  }
  return hashes;
}

std::map<std::string, std::string> read_golden() {
  std::map<std::string, std::string> golden;
  std::ifstream file(APPROX_GOLDEN_FILE);
  for (std::string line; std::getline(file, line);) {
    const size_t tab = line.rfind('\t');
    if (tab != std::string::npos) golden[line.substr(0, tab)] = line.substr(tab + 1);
  }
  return golden;
}

std::string name_of(int number, size_t rung) { return "network " + std::to_string(number) + "\t" + kRungs[rung]; }

TEST(Golden, EveryVariantAndThreadCountGivesTheRecordedBits) {
  if (std::getenv("APPROX_WRITE_GOLDEN") != nullptr) {
    std::ofstream file(APPROX_GOLDEN_FILE);
    for (int number = 0; number < kNetworks; ++number) {
      Case made = make_case(number);
      const std::vector<std::string> hashes = run(made, *kernels_named("reference"), 1);
      for (size_t rung = 0; rung < hashes.size(); ++rung) file << name_of(number, rung) << '\t' << hashes[rung] << '\n';
    }
  }
  const std::map<std::string, std::string> golden = read_golden();
  ASSERT_EQ(golden.size(), kNetworks * std::size(kRungs)) << "is " << APPROX_GOLDEN_FILE << " whole?";
  for (int number = 0; number < kNetworks; ++number) {
    Case made = make_case(number);
    for (int i = 0; kernels_at(i) != nullptr; ++i) {
      for (const int threads : {1, 2}) {
        const std::vector<std::string> hashes = run(made, *kernels_at(i), threads);
        for (size_t rung = 0; rung < hashes.size(); ++rung) {
          EXPECT_EQ(golden.at(name_of(number, rung)), hashes[rung])
              << name_of(number, rung) << " on " << kernels_at(i)->name << " with " << threads << " threads";
        }
      }
    }
  }
}

TEST(Golden, RungsDifferWhereTheyShould) {
  // A recording of nothing but exact outputs would hold no knob to its bits.
  const std::map<std::string, std::string> golden = read_golden();
  for (int number = 0; number < 2; ++number) {
    int differing = 0;
    for (size_t rung = 1; rung < std::size(kRungs); ++rung) {
      differing += golden.at(name_of(number, rung)) != golden.at(name_of(number, 0));
    }
    EXPECT_GE(differing, 6) << "network " << number;
  }
}

}  // namespace
}  // namespace approxlite
