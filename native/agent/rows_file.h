// rows.jsonl: what was measured, appended and flushed to the disk row by row.
#ifndef APPROXLITE_AGENT_ROWS_FILE_H_
#define APPROXLITE_AGENT_ROWS_FILE_H_

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_set>

#include "agent/file.h"

namespace approxlite::agent {

// One writer at a time; the lock of the folder sees to that. After a row that could not be written, the file is as it
// was before it.
class RowsFile {
 public:
  enum class Written { kYes, kNoRoom, kNo };

  // Opens or creates the file, cuts off a torn last line, and reads which blocks are done. False with one line in
  // `error` when it cannot be opened, or an earlier line is no row.
  bool open(const std::string& path, std::string* error);

  // Numbers of the blocks that have a row.
  const std::unordered_set<int64_t>& done() const { return done_; }

  // Makes sure of room for rows of `bytes` bytes in all, so that nothing is measured that cannot be kept. Where the
  // file system cannot promise it, says yes.
  Written reserve(size_t bytes);

  // Appends `row` and an end of line; it is on the disk when this returns. `block`: whose row it is, or -1.
  Written append(std::string_view row, int64_t block);

  // Why the last call did not work.
  const std::string& error() const { return error_; }

 private:
  bool recover(std::string* error);
  Written failed(const char* doing);

  File file_;
  std::string path_;
  off_t size_ = 0;
  std::unordered_set<int64_t> done_;
  std::string error_;
};

}  // namespace approxlite::agent

#endif  // APPROXLITE_AGENT_ROWS_FILE_H_
