// maskpipe add < VALUES: makes the maskpipe run around us mask more values, and
// waits until it does.

#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "src/base/arena.h"
#include "src/front/front.h"
#include "src/report/log.h"
#include "src/run/descriptor.h"
#include "src/run/offer.h"

namespace maskpipe {

int RunAdd(const CommandLine& line) {
  if (!line.operands.empty()) {
    Log::Error(
        "add reads the value from standard input, never from the "
        "command line, which everybody can see");
    return kExitUsage;
  }
  constexpr size_t kMost = size_t{16} << 20;
  Buffer values;
  size_t size = 0;
  for (;;) {
    values.Reserve(size + (size_t{64} << 10));
    const ssize_t n =
        ::read(STDIN_FILENO, values.data() + size, values.capacity() - size);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) {
      WaitFor(STDIN_FILENO, POLLIN);
      continue;
    }
    if (n < 0) {
      Log::Error(std::string("standard input: ") + std::strerror(errno));
      return kExitIo;
    }
    if (n == 0) break;
    size += static_cast<size_t>(n);
    if (size > kMost) {
      Log::Error("standard input is larger than 16 MiB; nothing was added");
      return kExitIo;
    }
  }
  if (size == 0) {
    Log::Error("standard input is empty; nothing was added");
    return kExitIo;
  }
  Status s = AddSecrets({values.data(), size});
  if (s.ok()) return kExitOk;
  Log::Error(s.message());
  return kExitIo;
}

}  // namespace maskpipe
