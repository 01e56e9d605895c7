#include "src/setup/setup.h"

#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <new>
#include <system_error>
#include <thread>

#include "src/base/hygiene.h"
#include "src/source/secret_file.h"
#include "src/source/source.h"

namespace maskpipe {
namespace {

ShortSecrets ShortSecretsOf(ShortMode mode) {
  switch (mode) {
    case ShortMode::kSkip:
      return ShortSecrets::kSkip;
    case ShortMode::kAnywhere:
      return ShortSecrets::kAnywhere;
    case ShortMode::kToken:
      break;
  }
  return ShortSecrets::kToken;
}

}  // namespace

Result<MaskOptions> MakeMaskOptions(const Options& options) {
  MaskOptions mask;
  mask.mask = options.mask;
  mask.truncated = options.truncated;
  mask.hold_line = options.hold_line;
  mask.rules.min_length = options.min_length;
  mask.rules.short_secrets = ShortSecretsOf(options.short_secrets);
  mask.rules.mask_all = options.mask_all;
  mask.rules.airflow = options.policy == MaskPolicy::kAirflow;
  mask.forms = {.base64 = options.forms.base64,
                .hex = options.forms.hex,
                .spellings = options.forms.spellings,
                .min_length = options.min_length};

  const SourceLimits limits{options.source_timeout};
  std::vector<Warning> ignored;  // who may read an allow list
  for (const std::string& path : options.allow_files) {
    Result<SecretFile> file = SecretFile::Read(path, limits, &ignored);
    if (!file.ok()) {
      return Status::Usage("option allow: " + file.status().message());
    }
    mask.rules.allow.Add(file->text());
  }
  if (!options.hash_key_file.empty()) {
    Result<SecretFile> file =
        SecretFile::Read(options.hash_key_file, limits, &ignored);
    if (!file.ok()) {
      return Status::Usage("option hash-key-file: " + file.status().message());
    }
    mask.hash_key = HashKey::FromBytes(file->text());
  }
  Result<std::vector<Rule>> rules = DetectorRules(options, false);
  if (!rules.ok()) return rules.status();
  if (!rules->empty()) {
    auto detectors = Detectors::Compile(std::move(*rules));
    if (!detectors.ok()) return detectors.status();
    mask.detectors = std::move(*detectors);
  }
  return mask;
}

Status LoadReport::status() const {
  for (const Source& s : sources) {
    if (s.status.code() == Code::kUsage) return s.status;
  }
  for (const Source& s : sources) {
    if (!s.status.ok()) return s.status;
  }
  return Status::Ok();
}

LoadReport::Source LoadOne(const std::string& text, const Options& options,
                           SecretStore* store) {
  LoadReport::Source report{.spec = text, .status = {}, .warnings = {}};
  Result<SourceSpec> spec = SourceSpec::Parse(text);
  if (!spec.ok()) {
    report.spec = "(refused)";  // it may hold a credential
    report.status = spec.status();
    return report;
  }
  Loaded loaded =
      LoadSource(*spec,
                 {.timeout = options.source_timeout,
                  .keep_part = options.on_error == OnError::kWarn,
                  .airflow_policy = options.policy == MaskPolicy::kAirflow,
                  .airflow_commands = options.airflow_commands},
                 store);
  report.status = std::move(loaded.status);
  report.secrets = loaded.secrets;
  report.warnings = std::move(loaded.warnings);
  if (report.status.ok() && report.secrets == 0 && options.require_secrets) {
    report.status = Status::Source("source " + text +
                                   " holds no secret (--require-secrets)");
  }
  return report;
}

namespace {

// Readers of sources at a time, this thread being one of them: most wait for a
// network, but each of those has a process, too.
constexpr size_t kParallel = 16;

// One source, read into a store of its own so that no reader needs another's.
struct SourceReading {
  LoadReport::Source report;
  SecretStore store;
};

// Threads that leave all signals to the others; fewer than asked for, or none,
// where there is no room for more.
std::vector<std::thread> StartThreads(size_t count,
                                      const std::function<void()>& work) {
  std::vector<std::thread> threads;
  threads.reserve(count);
  sigset_t all, before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  WipeRegisters();
  try {
    while (threads.size() < count) threads.emplace_back(work);
  } catch (const std::system_error&) {
    // This thread reads what they would have read.
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return threads;
}

}  // namespace

// 1 read, each reader the next source that none has taken, 2 join in the order
// in which the sources were given, whatever came first.
LoadReport LoadSources(const Options& options, SecretStore* store) {
  LoadReport report;
  const std::vector<std::string>& sources = options.sources;
  if (sources.size() <= 1) {
    for (const std::string& source : sources) {
      report.sources.push_back(LoadOne(source, options, store));
    }
    return report;
  }
  std::vector<SourceReading> readings(sources.size());
  std::atomic<size_t> next{0};
  std::atomic<bool> no_memory{false};
  const auto read = [&] {
    try {
      for (size_t i = next++; i < readings.size(); i = next++) {  // 1
        readings[i].report = LoadOne(sources[i], options, &readings[i].store);
      }
    } catch (const std::bad_alloc&) {
      no_memory = true;
    }
    WipeRegisters();
  };
  std::vector<std::thread> threads =
      StartThreads(std::min(sources.size(), kParallel) - 1, read);
  read();
  for (std::thread& thread : threads) thread.join();
  if (no_memory) throw std::bad_alloc();
  for (SourceReading& reading : readings) {  // 2
    for (const Secret& secret : reading.store.secrets()) {
      store->Add(secret, secret.value);
    }
    report.sources.push_back(std::move(reading.report));
  }
  return report;
}

}  // namespace maskpipe
