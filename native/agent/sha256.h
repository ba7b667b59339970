// SHA-256 (FIPS 180-4), by which rows name models and outputs.
#ifndef APPROXLITE_AGENT_SHA256_H_
#define APPROXLITE_AGENT_SHA256_H_

#include <cstddef>
#include <cstdint>
#include <string>

namespace approxlite::agent {

class Sha256 {
 public:
  void add(const void* bytes, size_t count);
  // 64 hexadecimal digits of everything added. Ends it.
  std::string digest();

 private:
  void block(const uint8_t* bytes);

  uint32_t state_[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  uint8_t pending_[64];
  size_t pending_count_ = 0;
  uint64_t total_ = 0;
};

}  // namespace approxlite::agent

#endif  // APPROXLITE_AGENT_SHA256_H_
