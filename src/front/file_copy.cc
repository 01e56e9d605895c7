#include "src/front/file_copy.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

#include "src/base/fd.h"

namespace maskpipe {
namespace {

Status Failed(const std::string& path) {
  return Status::Io(path + ": " + std::strerror(errno));
}

}  // namespace

// Not std::filesystem::copy_file(), which says "Input/output error" of a full
// disk.
Status CopyFile(const std::string& from, const std::string& to, mode_t mode) {
  const Fd in(::open(from.c_str(), O_RDONLY | O_CLOEXEC));
  if (!in.valid()) return Failed(from);
  constexpr mode_t kOurs = 0600;
  const Fd out(
      ::open(to.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, kOurs));
  const auto failed = [&](const std::string& path) {
    Status s = Failed(path);
    ::unlink(to.c_str());
    return s;
  };
  if (!out.valid()) return failed(to);
  std::vector<char> block(size_t{1} << 17);
  for (;;) {
    const ssize_t n = ::read(in.get(), block.data(), block.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return failed(from);
    if (n == 0) break;
    for (ssize_t done = 0; done < n;) {
      const ssize_t w = ::write(out.get(), block.data() + done,
                                static_cast<size_t>(n - done));
      if (w < 0 && errno == EINTR) continue;
      if (w < 0) return failed(to);
      done += w;
    }
  }
  if (::fchmod(out.get(), mode) != 0 || ::fsync(out.get()) != 0) {
    return failed(to);
  }
  return Status::Ok();
}

}  // namespace maskpipe
