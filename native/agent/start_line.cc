#include "agent/start_line.h"

#include <charconv>
#include <map>
#include <string_view>

#include "engine/text.h"

namespace approxlite::agent {
namespace {

constexpr int kMostThreads = 16;

template <class Number>
bool read_number(const std::string& text, Number* out) {
  const char* end = text.data() + text.size();
  const auto [stopped, problem] = std::from_chars(text.data(), end, *out);
  return problem == std::errc() && stopped == end;
}

}  // namespace

bool read_start_line(int argc, const char* const* argv, StartLine* out, std::string* error) {
  const auto fail = [&](std::string what) {
    *error = "start line: " + std::move(what);
    return false;
  };
  std::map<std::string, std::string, std::less<>> given;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    const size_t equals = word.find('=');
    if (equals == std::string_view::npos) return fail(format("'%s' is not key=value", argv[i]));
    if (!given.emplace(word.substr(0, equals), word.substr(equals + 1)).second) {
      return fail(format("'%s' is given twice", std::string(word.substr(0, equals)).c_str()));
    }
  }

  const auto take = [&](const char* key, bool needed, std::string* value) {
    const auto found = given.find(key);
    if (found == given.end()) return !needed || fail(format("'%s' is missing", key));
    *value = std::move(found->second);
    given.erase(found);
    return !value->empty() || fail(format("'%s' is empty", key));
  };
  std::string protocol, threads = "1", seed = "0";
  if (!take("protocol", true, &protocol)) return false;
  if (protocol != std::to_string(kProtocol)) {
    return fail(
        format("protocol %s is not spoken here, only %d; use an agent of that version", protocol.c_str(), kProtocol));
  }
  if (!take("folder", true, &out->folder) || !take("model", true, &out->model) || !take("engine", true, &out->engine) ||
      !take("runtime", true, &out->runtime) || !take("threads", false, &threads) || !take("seed", false, &seed)) {
    return false;
  }
  if (!given.empty()) return fail(format("unknown key '%s'", given.begin()->first.c_str()));
  if (!read_number(threads, &out->threads) || out->threads < 1 || out->threads > kMostThreads) {
    return fail(format("threads=%s is not between 1 and %d", threads.c_str(), kMostThreads));
  }
  if (!read_number(seed, &out->seed)) return fail(format("seed=%s is no whole number", seed.c_str()));
  return true;
}

}  // namespace approxlite::agent
