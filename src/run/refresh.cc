#include "src/run/refresh.h"

#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "src/base/hygiene.h"
#include "src/report/log.h"
#include "src/source/spec.h"
#include "src/stream/record.h"

namespace maskpipe {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kFirstRetry{1000};  // while nothing has loaded
constexpr milliseconds kLastRetry{60000};
constexpr milliseconds kLongestPause{3600000};

// A second reading of a pipe finds it empty, of our environment nothing new.
bool ReadOnce(const std::string& text) {
  const Result<SourceSpec> spec = SourceSpec::Parse(text);
  if (!spec.ok()) return true;
  if (spec->kind == "env") return true;
  if (spec->kind != "file") return false;
  const std::string& path = spec->argument;
  struct stat st = {};
  return path == "/dev/stdin" || path.starts_with("/dev/fd/") ||
         path.starts_with("/proc/self/fd/") ||
         (::stat(path.c_str(), &st) == 0 && S_ISFIFO(st.st_mode));
}

milliseconds Doubled(milliseconds pause, int times, milliseconds most) {
  for (; times > 0 && pause < most; --times) pause *= 2;
  return std::min(pause, most);
}

}  // namespace

Refresher::Refresher(const Options& options, Secrets secrets)
    : again_(options),
      mask_(secrets.options),
      random_(std::random_device()()),
      set_(secrets.set),
      report_(std::move(secrets.report)) {
  again_.sources.clear();
  const bool loaded = set_ != nullptr;
  for (const std::string& source : options.sources) {
    // What failed at first may come yet, whatever it is.
    (loaded && ReadOnce(source) ? once_ : again_.sources).push_back(source);
  }
  if (!loaded) return;
  version_ = 1;
  for (const std::string& c : Concerns(*set_)) told_.insert(c);
  // Values are kept only where they may be needed for another set.
  if (Anything() && !options.no_masking &&
      (options.refresh.count() > 0 || options.reload_signal > 0)) {
    history_.Update(secrets.store, {}, History::Clock::now());
  } else {
    again_.sources.clear();
  }
}

Refresher::~Refresher() { (void)Stop(); }

Status Refresher::Start() {
  if (again_.reload_signal > 0) {
    // Also where nothing can be read again: it must not end us.
    sigset_t signals;
    ::sigemptyset(&signals);
    ::sigaddset(&signals, again_.reload_signal);
    ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  }
  if (!Anything()) return Status::Ok();
  // The thread leaves all signals to the others, but for those it waits for.
  sigset_t all, before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  WipeRegisters();
  Status status;
  try {
    thread_ = std::thread([this] { Loop(); });
  } catch (const std::system_error& e) {
    status = Status::Io("refreshing: no thread: " + e.code().message());
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return status;
}

std::shared_ptr<const CompiledSet> Refresher::Newer(uint64_t* seen) {
  if (version_.load(std::memory_order_acquire) == *seen) return nullptr;
  const std::lock_guard lock(mutex_);
  *seen = version_.load(std::memory_order_relaxed);
  return set_;
}

// Negative: no refresh but by the signal.
milliseconds Refresher::NextPause() {
  milliseconds pause = again_.refresh;
  if (version_ == 0) {
    pause = Doubled(kFirstRetry, failures_, kLastRetry);
  } else if (pause.count() == 0) {
    return milliseconds(-1);
  } else {
    pause = Doubled(pause, failures_, std::max(pause, kLongestPause));
  }
  // Many tasks that begin together should not ask together for ever.
  std::uniform_real_distribution<double> jitter(0.8, 1.2);
  const double with_jitter =
      static_cast<double>(pause.count()) * jitter(random_);
  return milliseconds(std::max<int64_t>(1, static_cast<int64_t>(with_jitter)));
}

// Until the time is over or the reload signal comes; a negative pause has no
// end. False: it is time to stop.
bool Refresher::Sleep(milliseconds pause) {
  const auto end = History::Clock::now() + pause;
  sigset_t signals;
  ::sigemptyset(&signals);
  ::sigaddset(&signals, SIGRTMIN);
  if (again_.reload_signal > 0) ::sigaddset(&signals, again_.reload_signal);
  WipeStack();
  for (;;) {
    WipeRegisters();
    const auto left =
        std::max(milliseconds(0),
                 std::chrono::ceil<milliseconds>(end - History::Clock::now()));
    const timespec time{left.count() / 1000, left.count() % 1000 * 1000000};
    const int got =
        ::sigtimedwait(&signals, nullptr, pause.count() < 0 ? nullptr : &time);
    if (stopping_) return false;
    if (got == again_.reload_signal && got > 0) return true;
    if (got < 0 && errno == EAGAIN) return true;
  }
}

void Refresher::Loop() {
  while (Sleep(NextPause())) {
    busy_ = true;
    (void)Refresh(History::Clock::now());
    busy_ = false;
  }
}

// 1 load, 2 compile where something changed, 3 hand over, 4 tell.
bool Refresher::Refresh(History::Clock::time_point now) {
  SecretStore loaded;  // 1
  LoadReport report = LoadSources(again_, &loaded);
  Status status = report.status();
  std::vector<std::string> kept = once_;
  for (const LoadReport::Source& s : report.sources) {
    if (!s.status.ok()) kept.push_back(s.spec);
  }

  std::shared_ptr<const CompiledSet> set;
  // Nothing is let through before all is known.
  const bool first = version_ == 0;
  if (!first || status.ok()) {
    stale_ |= history_.Update(loaded, kept, now) || first;
  }
  if (stale_) {  // 2
    auto compiled = CompileLater(history_.store(), mask_);
    if (compiled.ok()) {
      set = *compiled;
      stale_ = false;
    } else if (status.ok()) {
      status = compiled.status();
    }
  }

  if (set != nullptr) Log::MaskWith(set);
  {
    const std::lock_guard lock(mutex_);  // 3
    ++(status.ok() ? ok_ : failed_);
    for (LoadReport::Source& s : report.sources) {
      const auto same = std::find_if(
          report_.sources.begin(), report_.sources.end(),
          [&](const LoadReport::Source& old) { return old.spec == s.spec; });
      if (!s.status.ok() && same != report_.sources.end()) {
        s.secrets = same->secrets;
      }
      if (same != report_.sources.end()) {
        same->secrets = s.secrets;
      } else {
        report_.sources.push_back(s);
      }
    }
    if (set != nullptr) {
      set_ = set;
      version_.fetch_add(1, std::memory_order_release);
    }
  }
  if (status.ok()) {  // 4
    if (failures_ > 0) Log::Warn("the sources can be read again");
    failures_ = 0;
  } else if (failures_++ == 0 && !first) {
    Log::Warn(status.message() +
              "; what was loaded before stays masked, and it is tried again");
  } else {
    Log::Debug(status.message());
  }
  if (set != nullptr && first) {
    std::erase_if(again_.sources, [this](const std::string& source) {
      if (!ReadOnce(source)) return false;
      once_.push_back(source);
      return true;
    });
  }
  if (set != nullptr) {
    Log::Info("the sources were read again, and what is masked has changed");
    for (const std::string& c : Concerns(*set)) {
      if (told_.insert(c).second) Log::Warn(c);
    }
  }
  return status.ok();
}

bool Refresher::Stop() {
  if (!thread_.joinable()) return true;
  stopping_ = true;
  (void)::pthread_kill(thread_.native_handle(), SIGRTMIN);
  if (busy_) {
    thread_.detach();
    return false;
  }
  thread_.join();
  return true;
}

void Refresher::Count(RunMetrics* metrics) {
  const std::lock_guard lock(mutex_);
  metrics->refreshes_by_result = {{"ok", ok_}, {"failed", failed_}};
  size_t broken = 0;
  for (const LoadReport::Source& s : report_.sources) {
    const std::string source = set_ != nullptr ? Masked(*set_, s.spec) : s.spec;
    metrics->secrets_by_source[source] += s.secrets;
    broken += !s.status.ok();
  }
  metrics->errors_by_kind["source"] += broken + failed_;
}

}  // namespace maskpipe
