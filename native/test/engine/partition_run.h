// A network run as one partition, and operator by operator, where nothing can be fused, folded or left out.
#ifndef APPROXLITE_TEST_ENGINE_PARTITION_RUN_H_
#define APPROXLITE_TEST_ENGINE_PARTITION_RUN_H_

#include <cstring>
#include <vector>

#include "engine/partition.h"
#include "test/engine/network.h"

namespace approxlite {

// What the runtime's memory holds, by tensor.
using Memory = std::vector<std::vector<uint8_t>>;

// Tensors of the right sizes, `input` full of values that are the same at every call.
inline Memory memory_of(const Network& network, int input) {
  Memory memory;
  for (size_t t = 0; t < network.tensor_count(); ++t) {
    const TensorSpec& spec = network.spec(static_cast<int>(t));
    memory.emplace_back(spec.size() * element_bytes(spec.type));
  }
  Network values(7);
  const TensorSpec& spec = network.spec(input);
  std::vector<uint8_t>& bytes = memory[static_cast<size_t>(input)];
  for (size_t i = 0; i < spec.size(); ++i) {
    const float value = values.value();
    if (spec.eight_bit()) {
      bytes[i] = static_cast<uint8_t>(static_cast<int>(127 * value));
    } else {
      std::memcpy(bytes.data() + i * sizeof value, &value, sizeof value);
    }
  }
  return memory;
}

inline void run_partition(const std::vector<Operator>& operators, const std::vector<Choice>& choices,
                          const std::vector<int>& inputs, const std::vector<int>& outputs, Memory& memory,
                          ThreadPool& pool, const KernelTable& kernels) {
  Partition partition(operators, inputs, outputs, memory.size(), kernels, pool);
  partition.set_ladder({choices});
  for (const int tensor : partition.shared_tensors()) {
    partition.place(tensor, memory[static_cast<size_t>(tensor)].data());
  }
  partition.run(0);
}

// What `outputs` hold, one after the other, after one run of the whole network. `choices` are by operator.
inline std::vector<std::vector<uint8_t>> run_whole(const Network& network, int input, const std::vector<int>& outputs,
                                                   const std::vector<Choice>& choices, ThreadPool& pool,
                                                   const KernelTable& kernels = best_kernels()) {
  Memory memory = memory_of(network, input);
  run_partition(network.operators(), choices, {input}, outputs, memory, pool, kernels);
  std::vector<std::vector<uint8_t>> results;
  for (const int output : outputs) results.push_back(memory[static_cast<size_t>(output)]);
  return results;
}

// The same, every operator in a partition of its own.
inline std::vector<std::vector<uint8_t>> run_one_by_one(const Network& network, int input,
                                                        const std::vector<int>& outputs,
                                                        const std::vector<Choice>& choices, ThreadPool& pool) {
  Memory memory = memory_of(network, input);
  const std::vector<Operator> operators = network.operators();
  for (size_t i = 0; i < operators.size(); ++i) {
    std::vector<int> inputs;
    for (const TensorSpec& spec : operators[i].inputs) inputs.push_back(spec.number);
    run_partition({operators[i]}, {choices[i]}, inputs, {operators[i].outputs[0].number}, memory, pool, best_kernels());
  }
  std::vector<std::vector<uint8_t>> results;
  for (const int output : outputs) results.push_back(memory[static_cast<size_t>(output)]);
  return results;
}

}  // namespace approxlite

#endif  // APPROXLITE_TEST_ENGINE_PARTITION_RUN_H_
