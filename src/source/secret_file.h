// Opening and reading a file of secrets under the rules that all sources share.

#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/arena.h"
#include "src/base/fd.h"
#include "src/base/status.h"
#include "src/source/source.h"

namespace maskpipe {

// Opens `path` for reading. /dev/fd/N, /proc/self/fd/N and /dev/stdin are
// dup(2)ed, since a process that is not dumpable cannot open them.
Result<Fd> OpenForReading(const std::string& path);

// The bytes of a regular file or FIFO, read into an arena of their own.
class SecretFile {
 public:
  // Opened once and then examined: a regular file or FIFO of at most 16 MiB
  // that neither group nor others can write; one that others can read is
  // warned about. An empty one is an error.
  static Result<SecretFile> Read(const std::string& path,
                                 const SourceLimits& limits,
                                 std::vector<Warning>* warnings);

  std::string_view text() const { return text_; }
  Arena* arena() { return arena_.get(); }

 private:
  std::unique_ptr<Arena> arena_ = std::make_unique<Arena>();
  std::string_view text_;
};

inline constexpr size_t kLargestSecretFile = size_t{16} << 20;

}  // namespace maskpipe
