// Reads the sources again while the log streams: every --refresh, and whenever
// --reload-signal comes.
//
//   Refresher refresher(options, std::move(secrets));
//   Status s = refresher.Start();      // from here on in a thread of its own
//   if (auto set = refresher.Newer(&seen)) stream.SetMasker(set);
//   refresher.Stop();
//
// What rotates is masked within that time, and old values stay masked (see
// history.h). A reading that fails leaves what is masked as it is, is told
// once, and makes the next ones rarer. Sources that can be read once only (a
// pipe, /dev/fd/N) and those that never change (env:) are not read again.
//
// With secrets that did not load (a null set) it tries until they do.

#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <thread>

#include "src/options/options.h"
#include "src/report/metrics.h"
#include "src/run/history.h"
#include "src/run/load.h"

namespace maskpipe {

class Refresher {
 public:
  Refresher(const Options& options, Secrets secrets);
  ~Refresher();

  // Blocks the reload signal in the calling thread, which must come before all
  // other threads; begins none where there is nothing to read again.
  Status Start();

  // The set in force where it is another than at the last call with this
  // `seen`, which begins as 0; else null. Null too while nothing has loaded.
  std::shared_ptr<const CompiledSet> Newer(uint64_t* seen);

  // Reads the sources again now, in a thread other than Start()'s only where
  // that was not called. Whether all could be read.
  bool Refresh(History::Clock::time_point now);

  // Ends the thread. False: it is busy reading a source, and must not be waited
  // for, which leaves the caller to end by _exit(2).
  bool Stop();

  // Counts of refreshes and of secrets by source.
  void Count(RunMetrics* metrics);

 private:
  bool Anything() const { return !again_.sources.empty(); }
  std::chrono::milliseconds NextPause();
  bool Sleep(std::chrono::milliseconds pause);
  void Loop();

  Options again_;  // what is read again
  std::vector<std::string> once_;
  MaskOptions mask_;
  History history_;
  std::set<std::string> told_;  // concerns
  int failures_ = 0;            // in a row
  bool stale_ = false;          // set_ lacks something of history_
  std::minstd_rand random_;

  std::thread thread_;
  std::atomic<bool> busy_{false};
  std::atomic<bool> stopping_{false};

  std::atomic<uint64_t> version_{0};
  std::mutex mutex_;  // of all that follows
  std::shared_ptr<const CompiledSet> set_;
  LoadReport report_;
  uint64_t ok_ = 0;
  uint64_t failed_ = 0;
};

}  // namespace maskpipe
