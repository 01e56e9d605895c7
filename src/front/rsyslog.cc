// maskpipe rsyslog [OPTIONS]: answers rsyslog's mmexternal, a line for each
// line, until the end of standard input.
//
// It is never silent and never dies of its input: rsyslog would wait, or pass
// messages on unmasked. Where the options are no good or the sources do not
// load, it answers without the mark, so that messages are quarantined, and
// tries the sources again. Once they have loaded they are refreshed as those of
// the other commands are: a thread reads them, and between two messages the new
// set takes the place of the old.

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <exception>
#include <future>
#include <optional>
#include <string>

#include "src/base/hygiene.h"
#include "src/front/front.h"
#include "src/report/log.h"
#include "src/run/refresh.h"
#include "src/shipper/mmexternal.h"

namespace maskpipe {
namespace {

using Clock = std::chrono::steady_clock;

// rsyslog's maxMessageSize is 8 KiB by default; JSON may make six of one byte,
// and the text stands there twice.
constexpr size_t kLongestLine = size_t{64} << 20;
constexpr size_t kReadSize = size_t{64} << 10;
constexpr std::chrono::seconds kFirstRetry{1};
constexpr std::chrono::seconds kLongestRetry{60};

// The replies of the newest set. The first message waits for the sources; where
// they fail they are tried again beside the messages, none of which waits.
class Replies {
 public:
  // Null options: nothing can be loaded, for a `reason`.
  Replies(const Options* options, std::string reason)
      : options_(options), masker_(nullptr, reason) {}

  std::string To(std::string_view line) {
    try {
      if (options_ != nullptr) Renew();
      return masker_.Reply(line);
    } catch (const std::exception&) {  // what() may hold anything
      return MmExternal::Unmarked("out of memory, or a library failed");
    }
  }

  // False: a source is being read, and must not be waited for, which leaves the
  // caller to end by _exit(2).
  bool Stop() {
    return !attempt_.valid() && (!refresher_.has_value() || refresher_->Stop());
  }

 private:
  void Renew() {
    if (refresher_.has_value()) {
      if (auto set = refresher_->Newer(&seen_)) masker_ = MmExternal(set, "");
      return;
    }
    if (!attempt_.valid()) {
      if (Clock::now() < next_) return;
      WipeRegisters();  // a thread's first stack holds what ours did
      attempt_ = std::async(std::launch::async,
                            [this] { return LoadSecrets(*options_); });
      if (!tried_) attempt_.wait();
      tried_ = true;
    }
    if (attempt_.wait_for(std::chrono::seconds(0)) ==
        std::future_status::ready) {
      Take();
    }
  }

  void Take() {
    // Counted from now: what waited for a source must not ask again at once.
    next_ = Clock::now() + retry_;
    retry_ = std::min(2 * retry_, kLongestRetry);
    Secrets secrets = attempt_.get();
    if (secrets.set == nullptr) {
      const Status why = secrets.report.status();
      masker_ =
          MmExternal(nullptr, why.ok() ? "masking cannot begin: see --log-file"
                                       : std::string_view(why.message()));
      return;
    }
    for (const std::string& c : Concerns(*secrets.set)) Log::Warn(c);
    refresher_.emplace(*options_, std::move(secrets));
    if (Status s = refresher_->Start(); !s.ok()) Log::Error(s.message());
    masker_ = MmExternal(refresher_->Newer(&seen_), "");
  }

  const Options* options_;
  MmExternal masker_;
  std::future<Secrets> attempt_;  // while nothing has loaded
  bool tried_ = false;
  Clock::time_point next_ = Clock::time_point::min();
  std::chrono::seconds retry_ = kFirstRetry;
  std::optional<Refresher> refresher_;  // from then on
  uint64_t seen_ = 0;
};

// False where nobody reads any more: rsyslog is gone.
bool WriteAll(std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(STDOUT_FILENO, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    text.remove_prefix(static_cast<size_t>(n));
  }
  return true;
}

// Reads lines and writes replies until the end of either.
int Answer(Replies* replies) {
  // When we are killed the kernel may close the replies a moment before the
  // messages; until then rsyslog goes on writing into the pipe and passes each
  // message on without the mark. A page holds few.
  (void)::fcntl(STDIN_FILENO, F_SETPIPE_SZ, 4096);
  std::string held;       // a line's beginning
  bool too_long = false;  // which is dropped, and its end still to come
  std::string room(kReadSize, '\0');
  for (;;) {
    const ssize_t n = ::read(STDIN_FILENO, room.data(), room.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      if (n < 0) {
        Log::Error(std::string("standard input: ") + std::strerror(errno));
      }
      return n == 0 ? kExitOk : kExitIo;
    }
    std::string_view read(room.data(), static_cast<size_t>(n));
    for (size_t end; (end = read.find('\n')) != read.npos;) {
      std::string reply;
      if (too_long) {
        reply = MmExternal::Unmarked("the message is longer than 64 MiB");
      } else if (held.empty()) {
        reply = replies->To(read.substr(0, end));
      } else {
        held += read.substr(0, end);
        reply = replies->To(held);
      }
      too_long = false;
      held.clear();
      read.remove_prefix(end + 1);
      if (!WriteAll(reply)) return kExitIo;
    }
    if (too_long) continue;
    held += read;
    if (held.size() > kLongestLine) {
      too_long = true;
      held.clear();
      held.shrink_to_fit();
    }
  }
}

}  // namespace

void SilenceForRsyslog() {
  // rsyslog gives standard error and the replies one pipe: a message of ours
  // would be taken for a reply, and every reply for the next message's.
  if (::isatty(STDERR_FILENO) == 0) {
    const int null = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    (void)::dup2(null, STDERR_FILENO);
    if (null > STDERR_FILENO) (void)::close(null);
  }
  (void)::signal(SIGPIPE, SIG_IGN);
}

int RunRsyslog(const CommandLine& line) {
  std::string problem;
  if (!line.operands.empty()) problem = "rsyslog takes no file";
  if (line.options.no_masking) problem = "--no-masking: nothing is masked";
  if (line.options.sources.empty()) problem = "there is no --source";
  if (!problem.empty()) return RefuseRsyslog(problem);
  if (line.options.reload_signal > 0) {  // it must not end us meanwhile
    sigset_t signals;
    ::sigemptyset(&signals);
    ::sigaddset(&signals, line.options.reload_signal);
    ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  }
  Replies replies(&line.options, "");
  const int exit_status = Answer(&replies);
  if (!replies.Stop()) ::_exit(exit_status);
  return exit_status;
}

int RefuseRsyslog(const std::string& problem) {
  Log::Error(problem);
  Replies replies(nullptr, problem);
  return Answer(&replies);
}

}  // namespace maskpipe
