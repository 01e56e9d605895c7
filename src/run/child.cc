#include "src/run/child.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "src/base/hygiene.h"

namespace maskpipe {
namespace {

constexpr int kSignalled = 128;

// What the leader of the session tells us.
struct Report {
  enum Kind : int { kStarted, kStopped, kEnded };
  Kind kind;
  int value;
};

Status Failed(const char* what) {
  return Status::Io(std::string(what) + ": " + std::strerror(errno));
}

// A status of waitid(2) as a shell gives it.
int ShellStatus(const siginfo_t& info) {
  return info.si_code == CLD_EXITED ? info.si_status
                                    : kSignalled + info.si_status;
}

void BecomeForeground(int terminal) {
  sigset_t stop;
  ::sigemptyset(&stop);
  ::sigaddset(&stop, SIGTTOU);
  sigset_t before;
  ::sigprocmask(SIG_BLOCK, &stop, &before);
  (void)::tcsetpgrp(terminal, ::getpgrp());
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
}

// Dies with the parent, also where that is dead already.
void DieWith(pid_t parent, int signal) {
  (void)::prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0);
  if (::getppid() != parent) ::_exit(kSignalled + signal);
}

// The command's side of fork(2), up to exec(2).
[[noreturn]] void Execute(const Launch& launch, pid_t parent, int error) {
  DieWith(parent, SIGTERM);
  if (launch.group || launch.terminal >= 0) {
    (void)::setpgid(0, 0);
    if (launch.terminal >= 0) BecomeForeground(launch.terminal);
  }
  for (int i = 0; i < 3; ++i) {
    if (launch.standard[i] >= 0) (void)::dup2(launch.standard[i], i);
  }
  if (launch.kept >= 0) (void)::fcntl(launch.kept, F_SETFD, 0);
  (void)::setrlimit(RLIMIT_CORE, &launch.core_limit);
  launch.signals->Restore();

  std::vector<char*> arguments;
  for (const std::string& a : launch.command) {
    arguments.push_back(const_cast<char*>(a.c_str()));
  }
  arguments.push_back(nullptr);
  ::execvpe(arguments[0], arguments.data(),
            const_cast<char**>(launch.environment.data()));
  const int number = errno;
  (void)!::write(error, &number, sizeof number);
  ::_exit(number == ENOENT ? 127 : 126);
}

void CloseAllBut(int fd) {
  const unsigned kept = static_cast<unsigned>(fd);
  if (::close_range(0, kept - 1, 0) == 0 &&
      ::close_range(kept + 1, ~0U, 0) == 0) {
    return;
  }
  const int most = static_cast<int>(
      std::min<long>(::sysconf(_SC_OPEN_MAX), 1 << 16));  // before Linux 5.9
  for (int i = 0; i < most; ++i) {
    if (i != fd) ::close(i);
  }
}

void Tell(int reports, Report report) {
  (void)::send(reports, &report, sizeof report, MSG_NOSIGNAL);
}

// The leader of the terminal's session: starts the command and tells what
// becomes of it, until we close our side.
[[noreturn]] void Lead(const Launch& launch, pid_t parent, int reports,
                       int error) {
  DieWith(parent, SIGKILL);
  ::setsid();
  (void)::ioctl(launch.terminal, TIOCSCTTY, 0);
  const pid_t leader = ::getpid();
  const pid_t command = ::fork();
  if (command == 0) Execute(launch, leader, error);
  if (command < 0) {
    const int number = errno;
    (void)!::write(error, &number, sizeof number);
    ::_exit(1);
  }
  // Nothing may stay open here: neither the terminal, which would never end,
  // nor a pipe of our caller's.
  CloseAllBut(reports);
  Tell(reports, {Report::kStarted, command});
  for (;;) {
    siginfo_t info = {};
    // Only looked at: as long as it is not taken, nobody else gets its number.
    if (::waitid(P_PID, static_cast<id_t>(command), &info,
                 WEXITED | WSTOPPED | WNOWAIT) != 0) {
      if (errno == EINTR) continue;
      ::_exit(1);
    }
    if (info.si_code == CLD_STOPPED) {
      (void)::waitid(P_PID, static_cast<id_t>(command), &info, WSTOPPED);
      Tell(reports, {Report::kStopped, info.si_status});
      continue;
    }
    Tell(reports, {Report::kEnded, ShellStatus(info)});
    break;
  }
  char end;
  while (::read(reports, &end, 1) < 0 && errno == EINTR) {
  }
  ::_exit(0);
}

}  // namespace

SignalsAtStart::SignalsAtStart() {
  ::sigprocmask(SIG_BLOCK, nullptr, &mask_);
  for (int s = 1; s < NSIG; ++s) {
    struct sigaction action = {};
    ignored_[s] =
        ::sigaction(s, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
  }
  (void)::signal(SIGPIPE, SIG_IGN);
  (void)::signal(SIGCHLD, SIG_DFL);
}

void SignalsAtStart::Restore() const {
  for (int s : {SIGPIPE, SIGCHLD}) {
    (void)::signal(s, ignored_[s] ? SIG_IGN : SIG_DFL);
  }
  ::sigprocmask(SIG_SETMASK, &mask_, nullptr);
}

// 1 fork the command, or the leader that forks it, 2 see whether it could be
// executed, 3 learn its number from the leader.
Result<Child> Child::Start(const Launch& launch) {
  int error[2];
  if (::pipe2(error, O_CLOEXEC) != 0) return Failed("pipe");
  Fd error_read(error[0]), error_write(error[1]);
  Child child;
  Fd reports;
  if (launch.terminal >= 0) {
    int pair[2];
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
      return Failed("socketpair");
    }
    child.reports_ = Fd(pair[0]);
    reports = Fd(pair[1]);
  }

  const pid_t parent = ::getpid();  // 1
  WipeRegisters();
  const pid_t pid = ::fork();
  if (pid < 0) return Failed("the command cannot be started: fork");
  if (pid == 0) {
    if (launch.terminal >= 0) {
      Lead(launch, parent, reports.get(), error_write.get());
    }
    Execute(launch, parent, error_write.get());
  }
  (launch.terminal >= 0 ? child.leader_ : child.pid_) = pid;
  if (launch.group && launch.terminal < 0) (void)::setpgid(pid, pid);
  reports = Fd();
  error_write = Fd();

  int number = 0;  // 2
  ssize_t n;
  do {
    n = ::read(error_read.get(), &number, sizeof number);
  } while (n < 0 && errno == EINTR);
  if (n == sizeof number) {
    child.exec_error_ = number;
    child.reports_ = Fd();
    while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
    }
    return child;
  }

  if (child.leader_ >= 0) {  // 3
    Report report{};
    do {
      n = ::recv(child.reports_.get(), &report, sizeof report, 0);
    } while (n < 0 && errno == EINTR);
    if (n != sizeof report) {
      return Status::Io("the leader of the command's terminal has died");
    }
    child.pid_ = report.value;
  }
  return child;
}

ChildEvent Child::Next() {
  // Of the leader, and then of the children that are ours.
  while (reports_.valid() && !ended_) {
    Report report{};
    const ssize_t n =
        ::recv(reports_.get(), &report, sizeof report, MSG_DONTWAIT);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) break;
    if (n <= 0) {  // the leader was killed, and the command with it
      ended_ = true;
      return {ChildEvent::kEnded, kSignalled + SIGKILL};
    }
    if (report.kind == Report::kStopped) {
      return {ChildEvent::kStopped, report.value};
    }
    ended_ = true;
    return {ChildEvent::kEnded, report.value};
  }
  for (;;) {
    siginfo_t info = {};
    // Other threads have children of their own.
    if (::waitid(P_ALL, 0, &info, WEXITED | WSTOPPED | WNOHANG | __WNOTHREAD) !=
        0) {
      if (errno == EINTR) continue;
      return {};
    }
    if (info.si_pid == 0) return {};
    if (info.si_pid != pid_ || leader_ >= 0 || ended_) continue;
    if (info.si_code == CLD_STOPPED) {
      return {ChildEvent::kStopped, info.si_status};
    }
    ended_ = true;
    return {ChildEvent::kEnded, ShellStatus(info)};
  }
}

void Child::Kill(int signal, bool group) const {
  // A number that was given back must not be used.
  if (!ended_) (void)::kill(group ? -pid_ : pid_, signal);
}

void Child::End() {
  if (leader_ < 0) return;
  reports_ = Fd();
  while (::waitpid(leader_, nullptr, 0) < 0 && errno == EINTR) {
  }
  leader_ = -1;
}

}  // namespace maskpipe
