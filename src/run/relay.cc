#include "src/run/relay.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <exception>
#include <system_error>

#include "src/base/hygiene.h"

namespace maskpipe {
namespace {

// Also the size of the pipes. Not as large as the filter's: a user without
// rights may have 64 MiB of pipes in all, and starts many of us.
constexpr size_t kReadSize = size_t{256} << 10;

void Tell(int event) {
  const uint64_t one = 1;
  (void)!::write(event, &one, sizeof one);
}

}  // namespace

Relay::Relay(Fd from, int to, const std::string& name,
             std::shared_ptr<const CompiledSet> set, AddedSecrets* added,
             Refresher* refresher)
    : from_(std::move(from)),
      to_(to),
      name_(name),
      writer_(to, name),
      output_(std::move(set), &writer_, added, refresher) {
  struct stat st = {};
  to_pipe_ = ::fstat(to, &st) == 0 && S_ISFIFO(st.st_mode);
  for (int fd : {from_.get(), to}) WidenPipe(fd, kReadSize);
}

Status Relay::Start(int done) {
  wake_ = Fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  const int flags = ::fcntl(from_.get(), F_GETFL);
  if (!wake_.valid() || flags < 0 ||
      ::fcntl(from_.get(), F_SETFL, flags | O_NONBLOCK) != 0) {
    return Status::Io(std::string("relaying: ") + std::strerror(errno));
  }
  running_ = true;
  WipeRegisters();
  try {
    thread_ = std::thread([this, done] {
      try {
        status_ = Run();
      } catch (const std::exception&) {
        status_ =
            Status::Io("out of memory or a library failed; masking ended");
      }
      from_ = Fd();
      running_ = false;
      Tell(done);
    });
  } catch (const std::system_error& e) {
    running_ = false;
    return Status::Io("relaying: no thread: " + e.code().message());
  }
  return Status::Ok();
}

void Relay::EndBy(Clock::time_point deadline) {
  deadline_ = deadline.time_since_epoch().count();
  if (wake_.valid()) Tell(wake_.get());
}

void Relay::Join() {
  if (thread_.joinable()) thread_.join();
}

Status Relay::Run() {
  int64_t left = -1;
  for (;;) {
    CheckDeadline(&left);
    if (left == 0) break;
    size_t room = kReadSize;
    if (left > 0) room = std::min(room, static_cast<size_t>(left));
    const ssize_t n = ::read(from_.get(), output_.Prepare(kReadSize), room);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) {
      if (left > 0) break;
      const Wait wait = WaitForInput();
      if (wait == Wait::kReadable) continue;
      if (wait == Wait::kOver) break;
      closed_ = true;
      return Status::Io(name_ + ": " + std::strerror(EPIPE));
    }
    // A terminal that all have closed.
    if (n < 0 && errno == EIO) break;
    if (n < 0) {
      return Status::Io(std::string("reading from the command: ") +
                        std::strerror(errno));
    }
    if (n == 0) break;
    if (left > 0) left -= n;
    if (Status s = output_.Commit(static_cast<size_t>(n)); !s.ok()) return s;
  }
  return output_.Finish();
}

Relay::Wait Relay::WaitForInput() {
  for (;;) {
    const int64_t deadline = deadline_;
    int timeout = -1;
    if (deadline != INT64_MAX) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(
          Clock::time_point(Clock::duration(deadline)) - Clock::now());
      timeout = static_cast<int>(
          std::clamp<int64_t>(left.count(), 0, int64_t{1} << 30));
    }
    pollfd polled[] = {{from_.get(), POLLIN, 0},
                       {wake_.get(), POLLIN, 0},
                       {to_pipe_ ? to_ : -1, 0, 0}};
    WipeRegisters();
    const int n = ::poll(polled, 3, timeout);
    if (n < 0) continue;  // EINTR
    if (n == 0) return timeout == -1 ? Wait::kReadable : Wait::kOver;
    if (polled[1].revents != 0) {
      uint64_t told;
      (void)!::read(wake_.get(), &told, sizeof told);
    }
    if ((polled[2].revents & POLLERR) != 0) return Wait::kClosed;
    if (polled[0].revents != 0) return Wait::kReadable;
  }
}

// Past the deadline only what waits there now is read, or a writer that never
// pauses would keep us.
void Relay::CheckDeadline(int64_t* left) {
  if (*left >= 0) return;
  const int64_t deadline = deadline_;
  if (deadline == INT64_MAX ||
      Clock::now().time_since_epoch().count() < deadline) {
    return;
  }
  int waiting = 0;
  (void)::ioctl(from_.get(), FIONREAD, &waiting);
  *left = std::max(waiting, 0);
}

}  // namespace maskpipe
