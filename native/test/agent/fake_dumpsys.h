// A dumpsys of ours, first on the path for as long as it lives; it keeps a list of what it was asked.
#ifndef APPROXLITE_TEST_AGENT_FAKE_DUMPSYS_H_
#define APPROXLITE_TEST_AGENT_FAKE_DUMPSYS_H_

#include <cstdlib>
#include <filesystem>
#include <string>

#include "test/agent/scratch.h"

namespace approxlite::agent {

inline constexpr char kServices[] = R"(case $1 in
  battery) printf '  AC powered: false\n  Charge counter: 3000000\n  level: 91\n  scale: 100\n'
           printf '  voltage: 3981\n  temperature: 287\n' ;;
  thermalservice) printf 'Thermal Status: 0\nCurrent temperatures from HAL:\n'
                  printf '\tTemperature{mValue=31.2, mType=3, mName=skin, mStatus=0}\n' ;;
  *IPowerStats*) printf '=== PowerStats HAL 2.0 energy meter ===\nCPU  1.50 mWs\nDDR  2.50 mWs\n=== End ===\n' ;;
esac)";

class FakeDumpsys {
 public:
  // `script`: what it does with the service, "$1", in the shell.
  explicit FakeDumpsys(const Scratch& scratch, const std::string& script = kServices)
      : scratch_(scratch), path_(getenv("PATH")) {
    scratch_.write("bin/dumpsys", "#!/bin/sh\necho \"$1\" >> " + scratch_.path("asked") + "\n" + script + "\n");
    std::filesystem::permissions(scratch_.path("bin/dumpsys"), std::filesystem::perms::owner_all);
    setenv("PATH", (scratch_.path("bin") + ":" + path_).c_str(), 1);
  }
  ~FakeDumpsys() { setenv("PATH", path_.c_str(), 1); }
  FakeDumpsys(const FakeDumpsys&) = delete;
  FakeDumpsys& operator=(const FakeDumpsys&) = delete;

  // Names of services, a line each.
  std::string asked() const { return scratch_.read("asked"); }
  void forget() const { scratch_.write("asked", ""); }

 private:
  const Scratch& scratch_;
  std::string path_;
};

}  // namespace approxlite::agent

#endif  // APPROXLITE_TEST_AGENT_FAKE_DUMPSYS_H_
