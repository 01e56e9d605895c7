#include "src/fetch/aws/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <thread>

#include "src/base/arena.h"
#include "src/base/fd.h"

namespace maskpipe::aws {
namespace {

using Clock = std::chrono::steady_clock;

struct Pipe {
  Fd read, write;
};

Result<Pipe> MakePipe(const std::string& what) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    return Status::Source(what + ": no pipe: " + std::strerror(errno));
  }
  return Pipe{Fd(ends[0]), Fd(ends[1])};
}

// posix_spawn(3)'s two descriptions of a child.
class SpawnPlan {
 public:
  SpawnPlan(int out, int err) {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null",
                                       O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions_, out, STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions_, err, STDERR_FILENO);
    // libcurl's own descriptors stay open across exec otherwise.
    ::posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1);
    ::posix_spawnattr_init(&attributes_);
    sigset_t none, all;
    ::sigemptyset(&none);
    ::sigfillset(&all);
    ::posix_spawnattr_setpgroup(&attributes_, 0);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setsigdefault(&attributes_, &all);
    ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETPGROUP |
                                                 POSIX_SPAWN_SETSIGMASK |
                                                 POSIX_SPAWN_SETSIGDEF);
  }
  ~SpawnPlan() {
    ::posix_spawnattr_destroy(&attributes_);
    ::posix_spawn_file_actions_destroy(&actions_);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;

  // 0 or an errno.
  int Spawn(const std::vector<std::string>& words, pid_t* pid) {
    std::vector<char*> arguments;
    for (const std::string& word : words) {
      arguments.push_back(const_cast<char*>(word.c_str()));  // NOLINT: execve
    }
    arguments.push_back(nullptr);
    return ::posix_spawnp(pid, arguments[0], &actions_, &attributes_,
                          arguments.data(), environ);
  }

 private:
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

// A child that leads a process group; killed with all of it unless it ended.
class Child {
 public:
  explicit Child(pid_t pid) : pid_(pid) {}
  ~Child() {
    if (pid_ < 0) return;
    // The leader is not reaped yet, so its group's number is still its own.
    ::kill(-pid_, SIGKILL);
    while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  // Its wait status, once it ended; false: it did not in time.
  bool Wait(Clock::time_point deadline, int* status) {
    for (;;) {
      const pid_t ended = ::waitpid(pid_, status, WNOHANG);
      if (ended == pid_) {
        pid_ = -1;
        return true;
      }
      if (Clock::now() >= deadline) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
  }

 private:
  pid_t pid_;
};

// What is read from a pipe until its end.
struct Stream {
  Fd fd;
  bool keep;  // else only counted
  Buffer bytes{};
  size_t size = 0;

  // Reads once; false at the end.
  bool Read() {
    char dropped[4096];
    char* to = dropped;
    size_t room = sizeof dropped;
    if (keep) {
      bytes.Reserve(size + sizeof dropped);
      to = bytes.data() + size;
      room = bytes.capacity() - size;
    }
    const ssize_t n = ::read(fd.get(), to, room);
    if (!keep) Wipe(dropped, sizeof dropped);
    if (n < 0) return errno == EINTR || errno == EAGAIN;
    size += static_cast<size_t>(n);
    return n > 0;
  }
};

}  // namespace

Result<SecretString> RunForOutput(const std::vector<std::string>& words,
                                  const std::string& what,
                                  Clock::time_point deadline) {
  deadline = std::min(deadline, Clock::now() + kProcessTimeout);
  Result<Pipe> out_pipe = MakePipe(what);
  if (!out_pipe.ok()) return out_pipe.status();
  Result<Pipe> err_pipe = MakePipe(what);
  if (!err_pipe.ok()) return err_pipe.status();
  pid_t pid = -1;
  {
    SpawnPlan plan(out_pipe->write.get(), err_pipe->write.get());
    if (const int error = plan.Spawn(words, &pid); error != 0) {
      return Status::Source(
          what + ": its program did not start: " + std::strerror(error));
    }
  }
  Child child(pid);
  out_pipe->write = Fd();
  err_pipe->write = Fd();

  Stream out{std::move(out_pipe->read), true};
  Stream err{std::move(err_pipe->read), false};
  while (out.fd.valid() || err.fd.valid()) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    if (left.count() <= 0) {
      return Status::Source(what +
                            ": it did not end in time (30 s at most) and was "
                            "killed");
    }
    pollfd polled[2] = {{out.fd.get(), POLLIN, 0}, {err.fd.get(), POLLIN, 0}};
    const int n = ::poll(polled, 2, static_cast<int>(left.count()));
    if (n < 0 && errno != EINTR) {
      return Status::Source(what + ": poll: " + std::strerror(errno));
    }
    if (n <= 0) continue;
    if (polled[0].revents != 0 && !out.Read()) out.fd = Fd();
    if (polled[1].revents != 0 && !err.Read()) err.fd = Fd();
    if (out.size > kLargestOutput || err.size > kLargestOutput) {
      return Status::Source(what +
                            ": it printed more than 16 MiB and was killed");
    }
  }
  int status = 0;
  if (!child.Wait(deadline, &status)) {
    return Status::Source(what +
                          ": it did not end in time (30 s at most) and was "
                          "killed");
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    const std::string how =
        WIFEXITED(status) ? "status " + std::to_string(WEXITSTATUS(status))
                          : "signal " + std::to_string(WTERMSIG(status));
    return Status::Source(
        what + ": it ended with " + how + " (" + std::to_string(err.size) +
        " bytes on standard error, not shown; run it by hand to see them)");
  }
  return SecretString({out.bytes.data(), out.size});
}

}  // namespace maskpipe::aws
