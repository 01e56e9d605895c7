#include "src/run/terminal.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace maskpipe {
namespace {

constexpr size_t kMostTyped = 4096;

Status Failed(const char* what) {
  return Status::Io(std::string("no terminal for the command: ") + what + ": " +
                    std::strerror(errno));
}

bool SameTerminal(int a, int b) {
  struct stat sa = {}, sb = {};
  return ::fstat(a, &sa) == 0 && ::fstat(b, &sb) == 0 &&
         sa.st_rdev == sb.st_rdev;
}

// Not stopped by SIGTTOU, should we have come into the background meanwhile.
void SetModes(int fd, const termios& modes) {
  sigset_t stop, before;
  ::sigemptyset(&stop);
  ::sigaddset(&stop, SIGTTOU);
  ::pthread_sigmask(SIG_BLOCK, &stop, &before);
  while (::tcsetattr(fd, TCSADRAIN, &modes) != 0 && errno == EINTR) {
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

}  // namespace

Result<Terminal> Terminal::Open() {
  Terminal t;
  // Ours alone, so it may be non-blocking.
  t.master_ =
      Fd(::open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK));
  if (!t.master_.valid()) return Failed("/dev/ptmx");
  int lock = 0;
  if (::ioctl(t.master(), TIOCSPTLCK, &lock) != 0) return Failed("unlocking");
  t.slave_ =
      Fd(::ioctl(t.master(), TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!t.slave_.valid()) return Failed("opening");

  if (::isatty(STDIN_FILENO)) t.input_ = STDIN_FILENO;
  for (int fd : {STDOUT_FILENO, STDERR_FILENO, STDIN_FILENO}) {
    if (t.output_ < 0 && ::isatty(fd)) t.output_ = fd;
  }
  if (t.output_ < 0) return t;
  const int like = t.input_ >= 0 ? t.input_ : t.output_;
  termios modes;
  if (::tcgetattr(like, &modes) != 0) return Failed("modes");
  (void)::tcsetattr(t.slave(), TCSANOW, &modes);
  (void)t.Resize();

  if (t.input_ >= 0) {
    t.ours_[0] = {t.input_, modes, modes};
    ::cfmakeraw(&t.ours_[0].raw);
  }
  if (t.input_ < 0 || !SameTerminal(t.input_, t.output_)) {
    // The command's terminal has made its line ends already.
    Ours& out = t.ours_[1];
    out.fd = t.output_;
    if (::tcgetattr(out.fd, &out.before) != 0) return Failed("modes");
    out.raw = out.before;
    out.raw.c_oflag &= ~static_cast<tcflag_t>(OPOST);
  }
  return t;
}

void Terminal::Enter() {
  if (raw_) return;
  for (Ours& o : ours_) {
    if (o.fd < 0) continue;
    // In the background it belongs to another. One that is not our controlling
    // terminal has no foreground.
    const pid_t foreground = ::tcgetpgrp(o.fd);
    if (foreground >= 0 && foreground != ::getpgrp()) return;
  }
  for (Ours& o : ours_) {
    if (o.fd >= 0) SetModes(o.fd, o.raw);
  }
  raw_ = true;
}

void Terminal::Leave() {
  if (!raw_) return;
  for (Ours& o : ours_) {
    if (o.fd >= 0) SetModes(o.fd, o.before);
  }
  raw_ = false;
}

bool Terminal::Resize() {
  winsize size{};
  if (output_ < 0 || ::ioctl(output_, TIOCGWINSZ, &size) != 0) return false;
  if (std::memcmp(&size, &size_, sizeof size) == 0) return false;
  size_ = size;
  // Tells the command, too: SIGWINCH to the terminal's foreground.
  (void)::ioctl(master(), TIOCSWINSZ, &size);
  return true;
}

int Terminal::input() const { return raw_ && pending_ == 0 ? input_ : -1; }

void Terminal::ReadInput() {
  typed_.Reserve(kMostTyped);
  const ssize_t n = ::read(input_, typed_.data(), kMostTyped);
  if (n > 0) {
    pending_ = static_cast<size_t>(n);
    WriteInput();
  } else if (n == 0 || (errno != EINTR && errno != EAGAIN)) {
    input_ = -1;  // hung up
  }
}

void Terminal::WriteInput() {
  const ssize_t n = ::write(master(), typed_.data(), pending_);
  if (n < 0 && (errno == EINTR || errno == EAGAIN)) return;
  const size_t done = n < 0 ? pending_ : static_cast<size_t>(n);
  std::memmove(typed_.data(), typed_.data() + done, pending_ - done);
  pending_ -= done;
  Wipe(typed_.data() + pending_, done);
}

}  // namespace maskpipe
