// maskpipe [OPTIONS] [FILE...]: masks standard input, or files one after the
// other, to standard output.

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include "src/base/hygiene.h"
#include "src/front/front.h"
#include "src/report/log.h"
#include "src/report/metrics.h"
#include "src/run/added.h"
#include "src/run/closing.h"
#include "src/run/descriptor.h"
#include "src/run/masked_output.h"
#include "src/run/refresh.h"
#include "src/source/secret_file.h"
#include "src/stream/record.h"
#include "src/stream/stream.h"

namespace maskpipe {
namespace {

constexpr size_t kReadSize = size_t{256} << 10;
constexpr size_t kPipeSize = size_t{1} << 20;

// A closed standard output ends us silently, as it ends cat, unless whoever
// started us ignored the signal. A closed standard error does not.
bool sigpipe_was_ignored = false;

void CatchSigpipe() {
  sigpipe_was_ignored = ::signal(SIGPIPE, SIG_IGN) == SIG_IGN;
}

void DieOfSigpipe() {
  if (sigpipe_was_ignored) return;
  (void)::signal(SIGPIPE, SIG_DFL);
  (void)::raise(SIGPIPE);
}

// Reading a file that is also the output would never end.
bool IsOutput(int fd) {
  struct stat in = {}, out = {};
  if (::fstat(fd, &in) != 0 || ::fstat(STDOUT_FILENO, &out) != 0) return false;
  if (!S_ISREG(in.st_mode) || in.st_dev != out.st_dev ||
      in.st_ino != out.st_ino) {
    return false;
  }
  const bool appends = (::fcntl(STDOUT_FILENO, F_GETFL) & O_APPEND) != 0;
  return appends || ::lseek(fd, 0, SEEK_CUR) < in.st_size;
}

class Filter {
 public:
  // Without a set it withholds until the refresher has one.
  Filter(std::shared_ptr<const CompiledSet> set, AddedSecrets* added,
         Refresher* refresher)
      : writer_(STDOUT_FILENO, "standard output"),
        masking_(std::move(set), &writer_, added, refresher) {
    WidenPipe(STDOUT_FILENO, kPipeSize);
  }

  // Until the end of the input. False: the input could not be read, which was
  // logged; the next one can be.
  Result<bool> Copy(int fd, const std::string& name) {
    if (IsOutput(fd)) {
      Log::Error(name + ": the input is also the output");
      return false;
    }
    WidenPipe(fd, kPipeSize);
    for (;;) {
      char* room = masking_.Prepare(kReadSize);
      WipeRegisters();  // while we wait a core shows them
      const ssize_t n = ::read(fd, room, kReadSize);
      if (n < 0) {
        if (errno == EINTR) continue;
        if (errno == EAGAIN) {
          WaitFor(fd, POLLIN);
          continue;
        }
        Log::Error(name + ": " + std::strerror(errno));
        return false;
      }
      if (n == 0) return true;
      Status s = masking_.Commit(static_cast<size_t>(n));
      if (!s.ok()) return Failed(s);
    }
  }

  Status Finish() {
    Status s = masking_.Finish();
    return s.ok() ? s : Failed(s);
  }

  StreamStats stats() const { return masking_.stats(); }

 private:
  Status Failed(const Status& status) {
    if (writer_.closed()) DieOfSigpipe();
    return status;
  }

  DescriptorWriter writer_;
  MaskedOutput masking_;
};

// All inputs in turn. An input that cannot be read makes the status, but the
// others are still masked, as cat does.
Status CopyAll(Filter* filter, std::vector<std::string> files) {
  Status status;
  if (files.empty()) files.push_back("-");
  for (const std::string& file : files) {
    const std::string name = file == "-" ? "standard input" : file;
    Fd opened;
    int fd = STDIN_FILENO;
    if (file != "-") {
      Result<Fd> result = OpenForReading(file);
      if (!result.ok()) {
        Log::Error(result.status().message());
        status = Status::Io(name);
        continue;
      }
      opened = std::move(*result);
      fd = opened.get();
      WaitFor(fd, POLLIN);  // opened without waiting for a FIFO's writer
    }
    Result<bool> copied = filter->Copy(fd, name);
    if (!copied.ok()) {
      Log::Error(copied.status().message());
      return copied.status();
    }
    if (!*copied) status = Status::Io(name);
  }
  if (Status s = filter->Finish(); !s.ok()) {
    Log::Error(s.message());
    return s;
  }
  // A full disk behind a network may tell only now.
  if (::close(STDOUT_FILENO) != 0 && errno != EINTR && errno != EBADF) {
    status =
        Status::Io(std::string("standard output: ") + std::strerror(errno));
    Log::Error(status.message());
  }
  return status;
}

}  // namespace

int RunFilter(const CommandLine& line) {
  const Options& options = line.options;
  CatchSigpipe();
  if (!options.against.empty()) {
    Log::Error("option against belongs to maskpipe check");
    return kExitUsage;
  }
  Secrets secrets = LoadForRun(options);
  const std::shared_ptr<const CompiledSet> set = secrets.set;
  if (set == nullptr && !secrets.withhold) {
    RunMetrics metrics;
    Count(secrets.report, nullptr, &metrics);
    (void)WriteReports(options, metrics);
    return secrets.exit_status;
  }
  AddedSecrets added(secrets.options);
  Refresher refresher(options, std::move(secrets));
  Status ready = refresher.Start();
  if (ready.ok() && options.add_fd >= 0 && !options.no_masking) {
    ready = added.Open(options.add_fd);
  }
  if (!ready.ok()) {
    Log::Error(ready.message());
    return ExitStatusOf(ready);
  }
  Filter filter(set, &added, &refresher);
  const Status status = CopyAll(&filter, line.operands);

  RunMetrics metrics;
  Add(filter.stats(), &metrics.stream);
  metrics.errors_by_kind["io"] = status.ok() ? 0 : 1;
  refresher.Count(&metrics);
  const Status written = WriteReports(options, metrics);
  const int exit_status =
      std::max<int>(ExitStatusOf(status), ExitStatusOf(written));
  if (!refresher.Stop()) ::_exit(exit_status);
  return exit_status;
}

}  // namespace maskpipe
