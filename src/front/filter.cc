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

#include "src/front/added.h"
#include "src/front/front.h"
#include "src/report/log.h"
#include "src/report/metrics.h"
#include "src/source/secret_file.h"
#include "src/stream/record.h"
#include "src/stream/stream.h"

namespace maskpipe {
namespace {

constexpr size_t kReadSize = size_t{256} << 10;
// Larger pipes mean fewer switches between the processes at both ends.
constexpr int kPipeSize = 1 << 20;

// A descriptor that others made non-blocking is waited for.
void WaitFor(int fd, short events) {
  pollfd p{fd, events, 0};
  (void)::poll(&p, 1, -1);
}

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

// Writes to a descriptor with writev(2), all of it.
class DescriptorSink : public Sink {
 public:
  explicit DescriptorSink(int fd) : fd_(fd) {}

  Status Write(std::span<const std::string_view> pieces) override {
    std::vector<iovec>& v = vectors_;
    v.clear();
    for (std::string_view p : pieces) {
      v.push_back({const_cast<char*>(p.data()), p.size()});
    }
    for (size_t first = 0; first < v.size();) {
      const size_t count = std::min<size_t>(v.size() - first, IOV_MAX);
      const ssize_t n = ::writev(fd_, &v[first], static_cast<int>(count));
      if (n < 0) {
        if (errno == EINTR) continue;
        if (errno == EAGAIN) {
          WaitFor(fd_, POLLOUT);
          continue;
        }
        if (errno == EPIPE) DieOfSigpipe();
        return Status::Io(std::string("standard output: ") +
                          std::strerror(errno));
      }
      // A short write: what is left of the pieces goes next.
      size_t left = static_cast<size_t>(n);
      while (first < v.size() && left >= v[first].iov_len) {
        left -= v[first++].iov_len;
      }
      if (left > 0) {
        v[first].iov_base = static_cast<char*>(v[first].iov_base) + left;
        v[first].iov_len -= left;
      }
    }
    return Status::Ok();
  }

 private:
  int fd_;
  std::vector<iovec> vectors_;
};

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
  Filter(std::shared_ptr<const CompiledSet> set, AddedSecrets* added)
      : sink_(STDOUT_FILENO), stream_(std::move(set), &sink_), added_(added) {
    (void)::fcntl(STDOUT_FILENO, F_SETPIPE_SZ, kPipeSize);
  }

  // Until the end of the input. False: the input could not be read, which was
  // logged; the next one can be.
  Result<bool> Copy(int fd, const std::string& name) {
    if (IsOutput(fd)) {
      Log::Error(name + ": the input is also the output");
      return false;
    }
    (void)::fcntl(fd, F_SETPIPE_SZ, kPipeSize);
    for (;;) {
      char* room = stream_.Prepare(kReadSize);
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
      // After the read and before masking what was read: a secret that was
      // added before the task printed it is known by now.
      if (Status s = added_->Take(&stream_); !s.ok()) return s;
      if (Status s = stream_.Commit(static_cast<size_t>(n)); !s.ok()) return s;
    }
  }

  Status Finish() {
    if (Status s = added_->Take(&stream_); !s.ok()) return s;
    return stream_.Finish();
  }

  StreamStats stats() const { return stream_.stats(); }

 private:
  DescriptorSink sink_;
  Stream stream_;
  AddedSecrets* added_;
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

int WriteReports(const Options& options, const Secrets& secrets,
                 const StreamStats& stats, const Status& status) {
  RunMetrics metrics;
  metrics.stream = stats;
  size_t failed = 0;
  for (const LoadReport::Source& s : secrets.report.sources) {
    const std::string source =
        secrets.set != nullptr ? Masked(*secrets.set, s.spec) : s.spec;
    metrics.secrets_by_source[source] += s.secrets;
    failed += !s.status.ok();
  }
  metrics.errors_by_kind = {{"io", status.ok() ? 0 : 1}, {"source", failed}};
  int exit_status = ExitStatusOf(status);
  if (!options.metrics_file.empty()) {
    Status s = WriteMetrics(options.metrics_file,
                            PrometheusText(metrics, options.metrics_names));
    if (!s.ok()) {
      Log::Error("option metrics: " + s.message());
      exit_status = std::max<int>(exit_status, kExitIo);
    }
  }
  if (options.stats) {
    const std::string line = StatsLine(metrics) + "\n";
    (void)!::write(STDERR_FILENO, line.data(), line.size());
  }
  return exit_status;
}

}  // namespace

int RunFilter(const CommandLine& line) {
  const Options& options = line.options;
  CatchSigpipe();
  if (!options.against.empty()) {
    Log::Error("option against belongs to maskpipe check");
    return kExitUsage;
  }
  Secrets secrets;
  if (options.no_masking) {
    Log::Loud("--no-masking: the log is printed UNMASKED");
    secrets.set = *CompiledSet::Compile(SecretStore(), MaskOptions());
  } else {
    secrets = LoadSecrets(options);
    if (secrets.set == nullptr) {
      (void)WriteReports(options, secrets, StreamStats(), Status::Ok());
      return secrets.exit_status;
    }
    for (const std::string& c : Concerns(*secrets.set)) Log::Warn(c);
  }
  AddedSecrets added(options.no_masking ? -1 : options.add_fd, secrets.options);
  if (Status s = added.Check(); !s.ok()) {
    Log::Error(s.message());
    return ExitStatusOf(s);
  }
  Filter filter(secrets.set, &added);
  const Status status = CopyAll(&filter, line.operands);
  return WriteReports(options, secrets, filter.stats(), status);
}

}  // namespace maskpipe
