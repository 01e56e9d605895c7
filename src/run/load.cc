#include "src/run/load.h"

#include <set>
#include <string_view>

#include "src/base/hygiene.h"
#include "src/report/log.h"

namespace maskpipe {
namespace {

struct Concern {
  Verdict verdict;
  bool wholes_only;  // of parts, an empty or harmless one is nothing unusual
  const char* text;
};

constexpr Concern kConcerns[] = {
    {Verdict::kTooShort, false,
     "not masked, one or two characters would blank the log: "},
    {Verdict::kSkipped, false,
     "not masked, shorter than --min-length (--short-secrets=skip): "},
    {Verdict::kAlone, false,
     "masked only where no letter or digit stands beside, shorter than "
     "--min-length: "},
    {Verdict::kOneSymbol, false, "not masked, one symbol over and over: "},
    {Verdict::kEmpty, true, "empty, nothing to mask: "},
    {Verdict::kAllowed, false, "not masked, on the allow list: "},
    {Verdict::kHarmless, true,
     "not masked, plainly no secret (--mask-all masks it): "},
};

}  // namespace

std::vector<std::string> Concerns(const CompiledSet& set, size_t secrets) {
  constexpr size_t kNamed = 100;
  std::vector<std::string> concerns;
  for (const Concern& concern : kConcerns) {
    std::set<std::string_view> told;  // each name once
    std::string names;
    for (const Finding& f : set.findings()) {
      if (f.verdict != concern.verdict || f.secret >= secrets) continue;
      if (concern.wholes_only && f.kind != LeafKind::kWhole) continue;
      if (!told.insert(f.name).second || told.size() > kNamed) continue;
      names += (names.empty() ? "" : ", ") + f.name;
    }
    if (told.empty()) continue;
    if (told.size() > kNamed) {
      names += " and " + std::to_string(told.size() - kNamed) +
               " more (maskpipe check names all)";
    }
    concerns.push_back(concern.text + names);
  }
  return concerns;
}

Result<std::shared_ptr<const CompiledSet>> CompileLater(
    const SecretStore& store, const MaskOptions& options) {
  Status status;
  for (const char* mask : {options.mask.c_str(), "***", "[masked]", "######"}) {
    MaskOptions with_mask = options;
    with_mask.mask = mask;
    auto set = CompiledSet::Compile(store, with_mask);
    if (set.ok()) return set;
    status = set.status();
  }
  return status;
}

int ExitStatusOf(const Status& status) {
  switch (status.code()) {
    case Code::kOk:
      return kExitOk;
    case Code::kUsage:
      return kExitUsage;
    case Code::kSource:
      return kExitSource;
    case Code::kIo:
    case Code::kBroken:
      break;
  }
  return kExitIo;
}

// 1 options, 2 sources, 3 compile, 4 tell: messages about secrets only now,
// when they can be masked.
Secrets LoadSecrets(const Options& options) {
  Secrets secrets;
  const auto fail = [&](const Status& status) {
    Log::Error(status.message());
    secrets.exit_status = ExitStatusOf(status);
  };

  // 1.
  const bool detects = !options.detect.empty() || !options.patterns.empty() ||
                       !options.detect_config.empty();
  if (options.sources.empty() && !detects) {
    fail(Status::Usage(
        "there is no --source and no Airflow environment, so there is nothing "
        "to mask; e.g. --source env:DB_* or --source file:/run/secrets.json, "
        "or --detect=all for credentials of well-known formats"));
    return secrets;
  }
  Result<MaskOptions> mask = MakeMaskOptions(options);
  if (!mask.ok()) {
    fail(mask.status());
    return secrets;
  }
  secrets.options = *mask;

  // 2.
  secrets.report = LoadSources(options, &secrets.store);
  const Status loaded = secrets.report.status();
  const bool go_on = loaded.ok() || (options.on_error == OnError::kWarn &&
                                     loaded.code() != Code::kUsage);
  if (!go_on) {
    for (const LoadReport::Source& s : secrets.report.sources) {
      for (const Warning& w : s.warnings) Log::Warn(w.Sentence());
      if (!s.status.ok()) Log::Error(s.status.message());
    }
    secrets.exit_status = ExitStatusOf(loaded);
    secrets.withhold =
        options.on_error == OnError::kWithhold && loaded.code() != Code::kUsage;
    return secrets;
  }

  // 3.
  auto set = CompiledSet::Compile(secrets.store, secrets.options);
  if (!set.ok()) {
    fail(set.status());
    return secrets;
  }
  secrets.set = *set;

  // 4.
  Log::MaskWith(secrets.set);
  if (secrets.options.detectors != nullptr) {
    for (const std::string& warning : secrets.options.detectors->warnings()) {
      Log::Warn(warning);
    }
  }
  for (const LoadReport::Source& s : secrets.report.sources) {
    Log::Info("source " + s.spec + " gave " + std::to_string(s.secrets) +
              " secrets");
    for (const Warning& warning : s.warnings) Log::Warn(warning.Sentence());
    if (!s.status.ok()) {
      Log::Loud(s.status.message() +
                "; its secrets are printed UNMASKED (--on-error=warn)");
    }
  }
  return secrets;
}

Secrets LoadForRun(const Options& options) {
  Secrets secrets;
  if (options.no_masking) {
    Log::Loud("--no-masking: the log is printed UNMASKED");
    secrets.set = *CompiledSet::Compile(SecretStore(), MaskOptions());
    return secrets;
  }
  secrets = LoadSecrets(options);
  WipeStack();  // values went through deeper frames
  if (secrets.set != nullptr) {
    for (const std::string& c : Concerns(*secrets.set)) Log::Warn(c);
  } else if (secrets.withhold) {
    Log::Loud(
        "no line is printed until the sources can be read "
        "(--on-error=withhold)");
  }
  return secrets;
}

}  // namespace maskpipe
