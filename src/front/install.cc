// maskpipe install DIR: copies this program to DIR/maskpipe, for an init
// container whose image has no cp.

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "src/base/fd.h"
#include "src/front/front.h"
#include "src/report/log.h"

namespace maskpipe {
namespace {

// All of `from` behind what `to` holds.
bool Copy(int from, int to) {
  std::vector<char> block(size_t{1} << 16);
  for (;;) {
    const ssize_t n = ::read(from, block.data(), block.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return n == 0;
    for (ssize_t done = 0; done < n;) {
      const ssize_t w =
          ::write(to, block.data() + done, static_cast<size_t>(n - done));
      if (w < 0 && errno == EINTR) continue;
      if (w < 0) return false;
      done += w;
    }
  }
}

}  // namespace

// By a temporary file and rename(2): whoever starts it meanwhile gets the old
// one or the new one, whole.
int RunInstall(const CommandLine& line) {
  if (line.operands.size() != 1) {
    Log::Error("install takes one folder: maskpipe install DIR");
    return kExitUsage;
  }
  const std::string target = line.operands[0] + "/maskpipe";
  std::string temporary = target + ".XXXXXX";
  const auto fail = [&] {
    Log::Error(target + ": " + std::strerror(errno));
    return kExitIo;
  };
  const Fd self(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
  if (!self.valid()) return fail();
  const Fd copy(::mkostemp(temporary.data(), O_CLOEXEC));
  if (!copy.valid()) return fail();
  constexpr mode_t kProgram = 0755;
  if (Copy(self.get(), copy.get()) && ::fchmod(copy.get(), kProgram) == 0 &&
      ::fsync(copy.get()) == 0 &&
      ::rename(temporary.c_str(), target.c_str()) == 0) {
    return kExitOk;
  }
  const int status = fail();
  ::unlink(temporary.c_str());
  return status;
}

}  // namespace maskpipe
