// A folder for one test, gone with it.
#ifndef APPROXLITE_TEST_AGENT_SCRATCH_H_
#define APPROXLITE_TEST_AGENT_SCRATCH_H_

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace approxlite::agent {

class Scratch {
 public:
  Scratch() {
    std::string name = ::testing::TempDir() + "/agent-XXXXXX";
    path_ = mkdtemp(name.data());
  }
  ~Scratch() { std::filesystem::remove_all(path_); }

  std::string path(const std::string& name = "") const { return path_ + "/" + name; }

  void write(const std::string& name, const std::string& content) const {
    std::filesystem::create_directories(std::filesystem::path(path(name)).parent_path());
    std::ofstream(path(name), std::ios::binary) << content;
  }
  std::string read(const std::string& name) const {
    std::ostringstream content;
    content << std::ifstream(path(name), std::ios::binary).rdbuf();
    return content.str();
  }

 private:
  std::string path_;
};

}  // namespace approxlite::agent

#endif  // APPROXLITE_TEST_AGENT_SCRATCH_H_
