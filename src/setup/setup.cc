#include "src/setup/setup.h"

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

LoadReport LoadSources(const Options& options, SecretStore* store) {
  LoadReport report;
  for (const std::string& spec : options.sources) {
    report.sources.push_back(LoadOne(spec, options, store));
  }
  return report;
}

}  // namespace maskpipe
