// Small files of the AWS tools: configuration, tokens, caches.

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "src/base/fd.h"
#include "src/base/secret_string.h"
#include "src/base/status.h"

namespace maskpipe::aws {

inline constexpr size_t kLargestFile = size_t{16} << 20;

// The bytes of a regular file; none where there is no such file, or something
// that is no regular file. Messages name the path.
Result<std::optional<SecretString>> ReadFile(const std::string& path);

// A file on its way to replace another one.
//
//   std::optional<Replacement> next = Replacement::Begin(path);
//   if (next.has_value() && next->Commit(bytes)) …
//
// Written beside the old one with mode 0600, synced and renamed over it; given
// up, nothing has changed.
class Replacement {
 public:
  // None where no file can be made there (a read-only folder).
  static std::optional<Replacement> Begin(const std::string& path);
  Replacement(Replacement&& other) noexcept;
  Replacement& operator=(Replacement&&) = delete;
  ~Replacement();

  bool Commit(std::string_view bytes);

 private:
  Replacement(Fd fd, std::string path, std::string beside);

  Fd fd_;
  std::string path_;
  std::string beside_;  // empty: renamed, or moved from
};

// os.path.expandvars and os.path.expanduser as Python's posixpath has them.
std::string ExpandVariables(std::string_view path);
std::string ExpandUser(std::string_view path);

}  // namespace maskpipe::aws
