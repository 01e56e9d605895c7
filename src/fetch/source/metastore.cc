// metastore:airflow, metastore:env:NAME, metastore:file:PATH — the connections
// and variables of an Airflow database. The argument says where its URL stands:
// in Airflow's configuration, in a variable, or in a file.

#include "src/fetch/airflow/metastore.h"

#include <cstdlib>

#include "src/fetch/source/airflow.h"
#include "src/fetch/source/providers.h"
#include "src/secret/text.h"
#include "src/source/secret_file.h"

namespace maskpipe {
namespace {

constexpr std::string_view kEnv = "env:";
constexpr std::string_view kFile = "file:";

Result<std::string> UrlOf(const std::string& argument,
                          const SourceLimits& limits, OptionResolver* resolver,
                          std::vector<Warning>* warnings) {
  if (argument == "airflow") {
    Result<std::optional<std::string>> url = resolver->Resolve(kDatabaseUrl);
    if (!url.ok()) return url.status();
    if (url->has_value()) return std::move(**url);
    return Status::Source(
        "no database is configured: neither "
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN nor airflow.cfg names one");
  }
  if (argument.starts_with(kEnv)) {
    const std::string name = argument.substr(kEnv.size());
    const char* value = std::getenv(name.c_str());
    if (value != nullptr && *value != '\0') return std::string(value);
    return Status::Source("the variable " + PrintableName(name) +
                          " is not set");
  }
  if (argument.starts_with(kFile)) {
    Result<SecretFile> file =
        SecretFile::Read(argument.substr(kFile.size()), limits, warnings);
    if (!file.ok()) return file.status();
    return std::string(Trim(file->text()));
  }
  return Status::Usage(
      "source metastore takes airflow, env:NAME or file:PATH: where the "
      "database's URL stands, since a command line is read by everybody");
}

}  // namespace

Status LoadMetastore(const SourceSpec& spec, const SourceLimits& limits,
                     SecretStore* store, std::vector<Warning>* warnings) {
  if (Status s = CheckOptions(spec, {"policy", "commands"}); !s.ok()) return s;
  Result<AirflowConfig> config = AirflowConfig::Load();
  if (!config.ok()) return config.status();
  Result<MaskingRules> rules = MaskingRulesOf(spec, *config);
  if (!rules.ok()) return rules.status();
  OptionResolver resolver(spec, &*config,
                          std::chrono::steady_clock::now() + limits.timeout);
  Result<std::string> url = UrlOf(spec.argument, limits, &resolver, warnings);
  if (!url.ok()) return url.status();
  Result<std::optional<std::string>> key = resolver.Resolve(kFernetKey);
  if (!key.ok()) return key.status();
  Result<FernetKeys> keys = FernetKeys::Parse(key->value_or(""));
  if (!keys.ok()) return keys.status();
  store->SetPlace("configuration");
  store->Add({.name = "database/sql_alchemy_conn"}, *url);
  AddFernetKeys(key->value_or(""), store);
  store->SetPlace("metastore");
  return ReadMetastore(*url, *keys, *rules, limits.timeout, store);
}

}  // namespace maskpipe
