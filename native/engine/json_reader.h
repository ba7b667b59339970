// Reads the part of JSON that safetensors headers are written in, letter by letter, strictly.
#ifndef APPROXLITE_ENGINE_JSON_READER_H_
#define APPROXLITE_ENGINE_JSON_READER_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/text.h"

namespace approxlite {

// Objects, strings and whole numbers; whoever reads says what comes next, so nothing is nested deeper than that. The
// first problem ends it: it is kept, and from then on every call fails.
class JsonReader {
 public:
  explicit JsonReader(std::string_view text) : text_(text) {}

  bool fail(const char* what) {
    if (error_.empty()) error_ = format("header: %s at byte %zu", what, at_);
    return false;
  }
  bool failed() const { return !error_.empty(); }
  const std::string& error() const { return error_; }

  bool at_end() {
    skip_space();
    return at_ == text_.size();
  }

  bool next_is(char wanted) {
    skip_space();
    return at_ < text_.size() && text_[at_] == wanted;
  }

  bool expect(char wanted) {
    if (failed()) return false;
    if (!next_is(wanted)) {
      const char what[] = {'n', 'o', ' ', '\'', wanted, '\'', '\0'};
      return fail(what);
    }
    ++at_;
    return true;
  }

  // A string without its quotes, escapes left as they are.
  bool string(std::string_view* out) {
    if (!expect('"')) return false;
    const size_t begin = at_;
    for (; at_ < text_.size(); ++at_) {
      const char letter = text_[at_];
      if (letter == '"') {
        *out = text_.substr(begin, at_ - begin);
        ++at_;
        return true;
      }
      if (static_cast<unsigned char>(letter) < 0x20) return fail("a control character in a string");
      if (letter == '\\' && !skip_escape()) return false;
    }
    return fail("a string without end");
  }

  bool number(uint64_t* out) {
    skip_space();
    const size_t begin = at_;
    uint64_t value = 0;
    for (; at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9'; ++at_) {
      const uint64_t digit = static_cast<uint64_t>(text_[at_] - '0');
      if (value > (UINT64_MAX - digit) / 10) return fail("a number that is too large");
      value = value * 10 + digit;
    }
    if (failed() || at_ == begin) return fail("no whole number");
    if (text_[begin] == '0' && at_ - begin > 1) return fail("a number that begins with 0");
    *out = value;
    return true;
  }

  // [number, number, ...], at most `most`.
  bool numbers(size_t most, std::vector<uint64_t>* out) {
    out->clear();
    if (!expect('[')) return false;
    if (next_is(']')) return expect(']');
    do {
      if (out->size() == most) return fail("too many numbers");
      uint64_t value = 0;
      if (!number(&value)) return false;
      out->push_back(value);
    } while (next_is(',') && expect(','));
    return expect(']');
  }

  // {"key": value, ...}; `member(key)` reads the value.
  template <class Member>
  bool object(const Member& member) {
    if (!expect('{')) return false;
    if (next_is('}')) return expect('}');
    do {
      std::string_view key;
      if (!string(&key) || !expect(':') || !member(key)) return false;
    } while (next_is(',') && expect(','));
    return expect('}');
  }

 private:
  void skip_space() {
    while (at_ < text_.size() &&
           (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r')) {
      ++at_;
    }
  }

  // From the backslash to the escape's last letter.
  bool skip_escape() {
    if (++at_ == text_.size()) return fail("a string without end");
    if (text_[at_] != 'u')
      return std::string_view("\"\\/bfnrt").find(text_[at_]) != std::string_view::npos || fail("an unknown escape");
    for (int digit = 0; digit < 4; ++digit) {
      if (++at_ == text_.size() ||
          std::string_view("0123456789abcdefABCDEF").find(text_[at_]) == std::string_view::npos) {
        return fail("an unknown escape");
      }
    }
    return true;
  }

  std::string_view text_;
  size_t at_ = 0;
  std::string error_;
};

}  // namespace approxlite

#endif  // APPROXLITE_ENGINE_JSON_READER_H_
