#include "agent/tool.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "agent/clock.h"
#include "agent/file.h"

namespace approxlite::agent {
namespace {

constexpr size_t kMostOutput = 256 << 10;

// The child's side: a group of its own, so that what it starts ends with it.
[[noreturn]] void become(char* const* words, int output) {
  setpgid(0, 0);
  signal(SIGHUP, SIG_DFL);
  signal(SIGPIPE, SIG_DFL);
  const int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
  dup2(nothing, STDIN_FILENO);
  dup2(output, STDOUT_FILENO);
  dup2(nothing, STDERR_FILENO);
  execvp(words[0], words);
  _exit(127);
}

// True once the pipe has ended; false when the time is over or it says too much.
bool read_to_end(int descriptor, int64_t end_ns, std::string* out) {
  char chunk[4096];
  while (out->size() < kMostOutput) {
    const int64_t left_ms = (end_ns - boot_ns()) / kMillisecond;
    pollfd readable = {descriptor, POLLIN, 0};
    if (left_ms <= 0 || poll(&readable, 1, static_cast<int>(left_ms)) == 0) return false;
    const ssize_t got = read(descriptor, chunk, sizeof(chunk));
    if (got == 0) return true;
    if (got > 0)
      out->append(chunk, static_cast<size_t>(got));
    else if (errno != EINTR)
      return false;
  }
  return false;
}

}  // namespace

std::optional<std::string> run_tool(const std::vector<std::string>& command, double limit_s) {
  std::vector<char*> words;
  for (const std::string& word : command) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return std::nullopt;
  const File reading(ends[0]);
  File writing(ends[1]);
  const pid_t child = fork();
  if (child == 0) become(words.data(), ends[1]);
  writing = File();
  if (child < 0) return std::nullopt;
  std::string output;
  const int64_t end_ns = boot_ns() + static_cast<int64_t>(limit_s * kSecond);
  const bool ended = read_to_end(reading.descriptor(), end_ns, &output);
  // It may have closed its output and go on: whatever is left of it ends here.
  if (!ended) kill(-child, SIGKILL), kill(child, SIGKILL);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!ended || !WIFEXITED(status) || WEXITSTATUS(status) != 0) return std::nullopt;
  return output;
}

}  // namespace approxlite::agent
