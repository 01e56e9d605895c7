#include "src/source/fetcher.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>
#include <string_view>
#include <vector>

#include "src/base/fd.h"

#ifndef MASKPIPE_LIBEXECDIR
#define MASKPIPE_LIBEXECDIR "/usr/libexec"
#endif

namespace maskpipe {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr size_t kReadSize = size_t{64} << 10;
// The fetcher keeps the time itself and can say what took it; this is for one
// that does not.
constexpr milliseconds kGrace{1000};

// The file that this code is part of: the shared library, else the program.
std::string OwnFile() {
  Dl_info info = {};
  const link_map* map = nullptr;
  if (::dladdr1(reinterpret_cast<void*>(&OwnFile), &info,
                const_cast<void**>(reinterpret_cast<const void**>(&map)),
                RTLD_DL_LINKMAP) != 0 &&
      map != nullptr && map->l_name != nullptr && map->l_name[0] != '\0') {
    return map->l_name;
  }
  char path[PATH_MAX];
  const ssize_t n = ::readlink("/proc/self/exe", path, sizeof path);
  if (n > 0) return std::string(path, static_cast<size_t>(n));
  // A root without /proc: as we were called.
  const unsigned long called = ::getauxval(AT_EXECFN);
  return called == 0 ? "" : reinterpret_cast<const char*>(called);
}

// A descriptor that holds nothing and takes everything; an image may lack
// /dev/null.
Fd Null() {
  Fd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  return null.valid() ? std::move(null) : Fd(::memfd_create("", MFD_CLOEXEC));
}

// How a program is started: by itself, or by the loader beside it.
struct Invocation {
  std::string file;
  std::vector<std::string> arguments;
  std::vector<std::string> added;  // to the environment
  bool own_loader = false;
};

Invocation InvocationOf(const std::string& program) {
  const std::string folder = program.substr(0, program.rfind('/') + 1);
  const std::string loader = folder + kFetcherLoader;
  if (folder.empty() || ::access(loader.c_str(), X_OK) != 0) {
    return {program, {kFetcherName}, {}};
  }
  return {loader,
          {loader, "--library-path", folder, "--argv0", kFetcherName, program},
          {"MARIADB_PLUGIN_DIR=" + folder},
          true};
}

// Ours with `added`, and for another loader without what ours was to load.
std::vector<char*> EnvironmentFor(Invocation* invocation) {
  std::vector<char*> environment;
  for (char** v = environ; *v != nullptr; ++v) {
    const std::string_view variable(*v);
    if (invocation->own_loader && (variable.starts_with("LD_PRELOAD=") ||
                                   variable.starts_with("LD_AUDIT="))) {
      continue;
    }
    environment.push_back(*v);
  }
  for (std::string& variable : invocation->added) {
    environment.push_back(variable.data());
  }
  environment.push_back(nullptr);
  return environment;
}

class SpawnActions {
 public:
  SpawnActions() { ::posix_spawn_file_actions_init(&actions_); }
  ~SpawnActions() { ::posix_spawn_file_actions_destroy(&actions_); }
  SpawnActions(const SpawnActions&) = delete;
  SpawnActions& operator=(const SpawnActions&) = delete;
  posix_spawn_file_actions_t* get() { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_;
};

class SpawnAttributes {
 public:
  SpawnAttributes() { ::posix_spawnattr_init(&attributes_); }
  ~SpawnAttributes() { ::posix_spawnattr_destroy(&attributes_); }
  SpawnAttributes(const SpawnAttributes&) = delete;
  SpawnAttributes& operator=(const SpawnAttributes&) = delete;
  posix_spawnattr_t* get() { return &attributes_; }

 private:
  posix_spawnattr_t attributes_;
};

// Starts it with nothing for input and messages and `out` for output.
Result<pid_t> Start(const std::string& program, const std::string& spec,
                    milliseconds timeout, int out) {
  const Fd null = Null();
  SpawnActions actions;
  ::posix_spawn_file_actions_adddup2(actions.get(), null.get(), STDIN_FILENO);
  ::posix_spawn_file_actions_adddup2(actions.get(), out, STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(actions.get(), null.get(), STDERR_FILENO);
  ::posix_spawn_file_actions_addclosefrom_np(actions.get(), 3);

  SpawnAttributes attributes;
  sigset_t all, none;
  ::sigfillset(&all);
  ::sigemptyset(&none);
  ::posix_spawnattr_setsigdefault(attributes.get(), &all);
  ::posix_spawnattr_setsigmask(attributes.get(), &none);
  ::posix_spawnattr_setpgroup(attributes.get(), 0);
  ::posix_spawnattr_setflags(attributes.get(), POSIX_SPAWN_SETSIGDEF |
                                                   POSIX_SPAWN_SETSIGMASK |
                                                   POSIX_SPAWN_SETPGROUP);

  Invocation invocation = InvocationOf(program);
  invocation.arguments.push_back(std::to_string(timeout.count()));
  invocation.arguments.push_back(spec);
  std::vector<char*> argv;
  for (std::string& argument : invocation.arguments) {
    argv.push_back(argument.data());
  }
  argv.push_back(nullptr);
  const std::vector<char*> environment = EnvironmentFor(&invocation);
  pid_t child = -1;
  const int error =
      ::posix_spawn(&child, invocation.file.c_str(), actions.get(),
                    attributes.get(), argv.data(), environment.data());
  if (error != 0) {
    return Status::Source(program +
                          " cannot be started: " + std::strerror(error));
  }
  return child;
}

enum class End { kClosed, kTooLate, kTooLarge, kBroken };

// Reads until the pipe is closed.
End ReadAll(int fd, Clock::time_point deadline, Buffer* bytes, size_t* size) {
  for (;;) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - Clock::now());
    if (left <= milliseconds(0)) return End::kTooLate;
    pollfd p{fd, POLLIN, 0};
    const int n = ::poll(
        &p, 1, static_cast<int>(std::min<int64_t>(left.count(), INT_MAX)));
    if (n < 0 && errno != EINTR) return End::kBroken;
    if (n <= 0) continue;
    bytes->Reserve(*size + kReadSize);
    const ssize_t got = ::read(fd, bytes->data() + *size, kReadSize);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got < 0) return End::kBroken;
    if (got == 0) return End::kClosed;
    *size += static_cast<size_t>(got);
    if (*size > kLargestWire) return End::kTooLarge;
  }
}

// Waits for the child, which has closed its pipe, and kills it at the deadline.
// "" where it ended well, else how it ended.
std::string Reap(pid_t child, Clock::time_point deadline) {
  bool late = false;
  milliseconds pause(1);
  siginfo_t info = {};
  for (;;) {
    info.si_pid = 0;
    // Left unreaped for now, so that its number is still its own below.
    const int n = ::waitid(P_PID, static_cast<id_t>(child), &info,
                           WEXITED | WNOHANG | WNOWAIT);
    if (n < 0 && errno == EINTR) continue;
    // A host that ignores SIGCHLD, or that reaps every child itself: how it
    // ended is not to be known; its closing record has to do.
    if (n < 0) return "";
    if (info.si_pid == child) break;
    if (Clock::now() >= deadline) {
      late = true;
      ::kill(-child, SIGKILL);
      deadline = Clock::time_point::max();
    }
    ::poll(nullptr, 0, static_cast<int>(pause.count()));
    pause = std::min(pause * 2, milliseconds(20));
  }
  ::kill(-child, SIGKILL);  // what it may have left behind
  while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
  }
  if (late) return "did not end within --source-timeout";
  if (info.si_code != CLD_EXITED) {
    return std::string("was killed by signal ") +
           std::to_string(info.si_status) + " (" + ::strsignal(info.si_status) +
           ")";
  }
  if (info.si_status != 0) {
    return "ended with status " + std::to_string(info.si_status);
  }
  return "";
}

}  // namespace

Result<std::string> FindFetcher() {
  const char* given = ::secure_getenv("MASKPIPE_FETCH");
  if (given != nullptr && *given != '\0') {
    if (::access(given, X_OK) == 0) return std::string(given);
    return Status::Source("MASKPIPE_FETCH names no program: " +
                          std::string(given) + ": " + std::strerror(errno));
  }
  const std::string own = OwnFile();
  const std::string folder = own.substr(0, own.rfind('/') + 1);
  std::vector<std::string> places;
  if (!folder.empty()) {
    places = {folder, folder + "../libexec/maskpipe/",
              // From lib/x86_64-linux-gnu/.
              folder + "../../libexec/maskpipe/"};
  }
  places.emplace_back(MASKPIPE_LIBEXECDIR "/maskpipe/");
  for (const std::string& place : places) {
    for (const std::string& folder :
         {place, place + kFetcherFolder + std::string("/")}) {
      const std::string program = folder + kFetcherName;
      if (::access(program.c_str(), X_OK) == 0) return program;
    }
  }
  return Status::Source(
      "maskpipe-fetch, which reads such a source, is not installed: neither "
      "beside " +
      (own.empty() ? "this program" : own) +
      " nor in its libexec/maskpipe; MASKPIPE_FETCH can name it");
}

Result<WireAnswer> RunFetcher(const std::string& program,
                              const std::string& spec, milliseconds timeout,
                              SecretStore* store) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    return Status::Source(std::string("no pipe: ") + std::strerror(errno));
  }
  const Fd from(ends[0]);
  Fd to(ends[1]);
  const auto deadline = Clock::now() + timeout + kGrace;
  Result<pid_t> child = Start(program, spec, timeout, to.get());
  if (!child.ok()) return child.status();
  to = Fd();

  Buffer bytes;
  size_t size = 0;
  const End end = ReadAll(from.get(), deadline, &bytes, &size);
  if (end != End::kClosed) ::kill(-*child, SIGKILL);
  const std::string how = Reap(*child, deadline);
  switch (end) {
    case End::kTooLate:
      return Status::Source(
          "maskpipe-fetch did not answer within --source-timeout and was "
          "killed");
    case End::kTooLarge:
      return Status::Source("maskpipe-fetch wrote more than " +
                            std::to_string(kLargestWire >> 20) + " MiB");
    case End::kBroken:
      return Status::Source("the pipe from maskpipe-fetch broke");
    case End::kClosed:
      break;
  }
  if (!how.empty()) return Status::Source("maskpipe-fetch " + how);
  return ReadWire({bytes.data(), size}, store);
}

}  // namespace maskpipe
