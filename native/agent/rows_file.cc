#include "agent/rows_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>

#include "engine/mapped_file.h"
#include "engine/text.h"

namespace approxlite::agent {
namespace {

using Json = nlohmann::json;

// Whether the line is a row; `block` is its number, -1 for rows of other kinds.
bool read_row(std::string_view line, int64_t* block) {
  const Json row = Json::parse(line.begin(), line.end(), nullptr, false);
  if (!row.is_object()) return false;
  const auto kind = row.find("kind");
  if (kind == row.end() || !kind->is_string()) return false;
  *block = -1;
  if (*kind != "block") return true;
  const auto number = row.find("block");
  if (number == row.end() || !number->is_number_integer()) return false;
  *block = number->get<int64_t>();
  return true;
}

// A file that was just created can be found again after a power cut.
void flush_folder_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const File opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (opened.is_open()) fsync(opened.descriptor());
}

}  // namespace

bool RowsFile::open(const std::string& path, std::string* error) {
  path_ = path;
  file_ = File(::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  struct stat status;
  if (!file_.is_open() || fstat(file_.descriptor(), &status) != 0) {
    *error = format("%s: cannot be opened (%s)", path.c_str(), strerror(errno));
    return false;
  }
  size_ = status.st_size;
  done_.clear();
  if (!recover(error)) return false;
  flush_folder_of(path);
  return true;
}

bool RowsFile::recover(std::string* error) {
  if (size_ == 0) return true;
  MappedFile content;
  if (!content.open(path_.c_str(), 0, 0, error)) return false;
  const std::string_view text(reinterpret_cast<const char*>(content.bytes()), content.size());
  size_t good = 0;
  for (size_t line = 1; good < text.size(); ++line) {
    const size_t end = text.find('\n', good);
    int64_t block = -1;
    if (end == std::string_view::npos) break;
    if (!read_row(text.substr(good, end - good), &block)) {
      if (end + 1 == text.size()) break;  // a power cut can leave the last line with its end but not its middle
      *error = format("%s, line %zu: no row; move the file away to measure anew", path_.c_str(), line);
      return false;
    }
    if (block >= 0) done_.insert(block);
    good = end + 1;
  }
  if (good == text.size()) return true;
  if (ftruncate(file_.descriptor(), static_cast<off_t>(good)) != 0 || fsync(file_.descriptor()) != 0) {
    *error = format("%s: its torn last line cannot be cut off (%s)", path_.c_str(), strerror(errno));
    return false;
  }
  size_ = static_cast<off_t>(good);
  return true;
}

RowsFile::Written RowsFile::failed(const char* doing) {
  const bool no_room = errno == ENOSPC || errno == EDQUOT;
  error_ = no_room ? format("%s: no space left on device", path_.c_str())
                   : format("%s: %s failed (%s)", path_.c_str(), doing, strerror(errno));
  return no_room ? Written::kNoRoom : Written::kNo;
}

RowsFile::Written RowsFile::reserve(size_t bytes) {
  if (fallocate(file_.descriptor(), FALLOC_FL_KEEP_SIZE, size_, static_cast<off_t>(bytes)) == 0) return Written::kYes;
  return errno == ENOSPC || errno == EDQUOT ? failed("reserving") : Written::kYes;
}

RowsFile::Written RowsFile::append(std::string_view row, int64_t block) {
  std::string line(row);
  line += '\n';
  for (size_t done = 0; done < line.size();) {
    const ssize_t wrote = write(file_.descriptor(), line.data() + done, line.size() - done);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) {
      const Written why = failed("writing");
      // What of the line arrived goes away again; if even that fails, the next start cuts it off.
      if (ftruncate(file_.descriptor(), size_) != 0) error_ += ", and a torn line is left";
      return why;
    }
    done += static_cast<size_t>(wrote);
  }
  if (fsync(file_.descriptor()) != 0) {
    const Written why = failed("flushing");
    if (ftruncate(file_.descriptor(), size_) != 0) error_ += ", and a line that may be torn is left";
    return why;
  }
  size_ += static_cast<off_t>(line.size());
  if (block >= 0) done_.insert(block);
  return Written::kYes;
}

}  // namespace approxlite::agent
