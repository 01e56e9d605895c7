// airflow: — what this Airflow would find: connections and variables of its
// secrets backend, of AIRFLOW_CONN_* and AIRFLOW_VAR_*, and of its database,
// and its own keys.

#include "src/fetch/source/airflow.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "src/base/hygiene.h"
#include "src/fetch/airflow/aws_backend.h"
#include "src/fetch/airflow/backend.h"
#include "src/fetch/airflow/local_files.h"
#include "src/fetch/airflow/metastore.h"
#include "src/fetch/airflow/name_check.h"
#include "src/fetch/json/document.h"
#include "src/fetch/source/aws.h"
#include "src/fetch/source/providers.h"
#include "src/fetch/sql/url.h"
#include "src/secret/harmless.h"
#include "src/secret/json.h"
#include "src/secret/text.h"
#include "src/secret/uri.h"

namespace maskpipe {
namespace {

using Holds = SecretsBackend::Holds;
using Scope = SecretsBackend::Scope;

// The backend that every part of Airflow asks, and the one that Airflow 3 lets
// workers ask instead.
struct BackendOptions {
  ConfigOption backend, kwargs;
};

const BackendOptions kBackends[] = {
    {{"secrets", "backend"}, {"secrets", "backend_kwargs"}},
    {{"workers", "secrets_backend"}, {"workers", "secrets_backend_kwargs"}}};

bool Exists(const std::string& path) {
  struct stat st;
  return ::stat(path.c_str(), &st) == 0;
}

// scheme://user:password@…
bool HoldsPassword(std::string_view value) {
  if (!IsUri(value)) return false;
  Arena arena;
  const std::vector<UriPart> parts = OpenUri(value, &arena);
  return std::any_of(parts.begin(), parts.end(), [](const UriPart& part) {
    return part.name == "password" && !part.is_query;
  });
}

void Clean() {
  WipeRegisters();
  WipeStack();
}

// Loads it step by step. A step that fails does not keep the others from being
// read: all failures are told at once, and --on-error=warn has what there is.
class AirflowLoader {
 public:
  AirflowLoader(const SourceSpec& spec, const SourceLimits& limits,
                AirflowConfig config, MaskingRules rules, SecretStore* store,
                std::vector<Warning>* warnings)
      : spec_(spec),
        limits_(limits),
        config_(std::move(config)),
        rules_(std::move(rules)),
        store_(store),
        warnings_(warnings),
        deadline_(std::chrono::steady_clock::now() + limits.timeout),
        resolver_(spec, &config_, deadline_) {}

  // 1 variables, 2 backends, 3 options, which may lie in a backend, 4 database,
  // whose URL is an option. Each begins on a clean stack: the frames of what
  // waits for others would leave standing what those before left there.
  Status Load() {
    CheckVariableNames(warnings_);
    store_->SetPlace("environment");
    LoadVariables();  // 1
    for (const BackendOptions& options : kBackends) {
      Clean();
      Note(LoadBackend(options));  // 2
    }
    Clean();
    store_->SetPlace("configuration");
    for (const ConfigOption& option : config_.Options()) {
      Note(LoadOption(option));  // 3
    }
    store_->SetPlace("metastore");
    Clean();
    Note(LoadMetastore());  // 4
    if (failures_.empty()) return Status::Ok();
    return Status::Source(failures_);
  }

 private:
  void Note(const Status& status) {
    if (status.ok() || failures_.find(status.message()) != failures_.npos) {
      return;
    }
    failures_ += (failures_.empty() ? "" : "; also: ") + status.message();
  }

  void LoadVariables() {
    constexpr std::string_view kConnection = "AIRFLOW_CONN_";
    constexpr std::string_view kVariable = "AIRFLOW_VAR_";
    for (char** entry = environ; *entry != nullptr; ++entry) {
      const std::string_view variable = *entry;
      const size_t equals = variable.find('=');
      if (equals == variable.npos) continue;
      const std::string name(variable.substr(0, equals));
      const std::string_view value = variable.substr(equals + 1);
      if (name.starts_with(kConnection)) {
        AddConnectionText({.name = name}, value);
      } else if (name.starts_with(kVariable)) {
        AddVariable(name, name.substr(kVariable.size()), value, rules_, store_);
      }
    }
  }

  void AddConnectionText(const ConnectionSource& source,
                         std::string_view value) {
    switch (AddConnection(source, value, rules_, store_)) {
      case ConnectionText::kRead:
        return;
      case ConnectionText::kBadJson:
        warnings_->push_back({"bad-connection",
                              "the connection " + PrintableName(source.name) +
                                  " begins like JSON and is none, so Airflow "
                                  "cannot read it",
                              ""});
        return;
      case ConnectionText::kTypographicQuotes:
        warnings_->push_back({"typographic-quotes",
                              "the connection " + PrintableName(source.name) +
                                  " is no JSON, since it holds typographic "
                                  "quotes (such as U+201C)",
                              "write plain quotes"});
        return;
    }
  }

  // --- Backends --------------------------------------------------------------
  Status LoadBackend(const BackendOptions& options) {
    Result<std::optional<SecretsBackend>> backend = ReadBackend(options);
    if (!backend.ok()) return backend.status();
    if (!backend->has_value()) return Status::Ok();
    store_->SetPlace("secrets backend");
    Clean();
    if ((*backend)->kind != SecretsBackend::Kind::kLocalFiles) {
      return LoadAws(&**backend);
    }
    return (*backend)->broken.ok() ? LoadFiles(**backend) : (*backend)->broken;
  }

  // The credentials among its arguments are in the store when this returns, and
  // nowhere else but in the session that needs them.
  Result<std::optional<SecretsBackend>> ReadBackend(
      const BackendOptions& options) {
    Result<std::string> name = config_.Text(options.backend);
    if (!name.ok()) return name.status();
    const std::string class_name(Trim(*name));
    if (class_name.empty()) return std::optional<SecretsBackend>();
    Result<std::optional<std::string>> kwargs =
        resolver_.Resolve(options.kwargs);
    if (!kwargs.ok()) return kwargs.status();
    Result<std::optional<ConfigValue>> at = config_.Find(options.kwargs);
    const std::string where =
        at.ok() && at->has_value()
            ? (*at)->where
            : "[" + options.backend.section + "] " + options.backend.key;
    Result<SecretsBackend> backend = SecretsBackend::Parse(
        class_name, kwargs->value_or(""), where, warnings_);
    if (!backend.ok()) return backend.status();
    store_->SetPlace("configuration");
    for (const auto& [key, value] : backend->credentials) {
      store_->Add({.name = options.kwargs.section + "/" + options.kwargs.key +
                           "/" + key,
                   .key = key,
                   .open = false},
                  value);
    }
    backend->credentials.clear();
    return std::optional<SecretsBackend>(std::move(*backend));
  }

  Status LoadFiles(const SecretsBackend& backend) {
    Status first;
    for (const Scope& scope : backend.scopes) {
      Status s = ReadLocalFile(scope.prefix, scope.holds, rules_, limits_,
                               store_, warnings_);
      if (!s.ok() && first.ok()) first = std::move(s);
    }
    return first;
  }

  Status LoadAws(SecretsBackend* backend) {
    AwsBackend aws(backend, deadline_);
    if (!backend->broken.ok()) {
      aws.FindElsewhere(warnings_);
      return backend->broken;
    }
    const ConnectionSource source{
        "", backend->words.has_value() ? &*backend->words : nullptr};
    const Result<bool> current_only = AwsCurrentOnly(spec_);
    if (!current_only.ok()) return current_only.status();
    const Status status = aws.Read(
        AwsNames(spec_), *current_only,
        [&](const Scope& scope, const std::string& name, std::string_view id,
            std::string_view value) { Take(scope, source, name, id, value); },
        warnings_);
    if (aws.connection() != nullptr) {
      AddAwsKeys(aws.connection(), store_, warnings_);
    }
    if (status.ok()) aws.FindElsewhere(warnings_);
    return status;
  }

  void Take(const Scope& scope, ConnectionSource source,
            const std::string& name, std::string_view id,
            std::string_view value) {
    switch (scope.holds) {
      case Holds::kConnections:
        source.name = name;
        AddConnectionText(source, value);
        break;
      case Holds::kVariables:
        AddVariable(name, id, value, rules_, store_);
        break;
      case Holds::kConfig:
        resolver_.AddBackendValue(std::string(id), value);
        store_->Add({.name = name}, value);
        break;
    }
  }

  // --- Options ---------------------------------------------------------------
  // Those that Airflow calls sensitive, those whose key says so, and URLs with
  // a password.
  Status LoadOption(const ConfigOption& option) {
    const bool sensitive =
        AirflowConfig::IsSensitive(option.section, option.key);
    Result<std::optional<std::string>> value = resolver_.Resolve(option);
    if (!value.ok()) return LoadedLater(option, value.status());
    const std::string text(value->has_value() ? Trim(**value) : "");
    if (text.empty()) return Status::Ok();
    const std::string name = option.section + "/" + option.key;
    if (option.key == "fernet_key") {
      AddFernetKeys(text, store_);
    } else if (option.key.ends_with("kwargs") ||
               option.key.ends_with("engine_args")) {
      AddCredentialsIn(name, text);
    } else if (option.key == "flower_basic_auth") {
      AddBasicAuth(name, text);
    } else if (sensitive || NamesCredential(option.key) ||
               HoldsPassword(text)) {
      const bool url = IsUri(text);
      store_->Add({.name = name,
                   .key = sensitive && !url ? "password" : option.key,
                   .open = url},
                  text);
    }
    return Status::Ok();
  }

  // What is not a text, and is needed for nothing but being masked, is only
  // warned about; the database and its keys fail where they are needed.
  Status LoadedLater(const ConfigOption& option, const Status& status) {
    if (option.key == "sql_alchemy_conn" || option.key == "fernet_key" ||
        option.key.ends_with("kwargs")) {
      return Status::Ok();
    }
    Result<std::optional<ConfigValue>> found = config_.Find(option);
    if (!found.ok()) return status;
    warnings_->push_back(
        {"option-not-read", status.message() + "; it is not masked", ""});
    return Status::Ok();
  }

  // Of JSON arguments, what stands under a key that names a credential.
  void AddCredentialsIn(const std::string& name, std::string_view text) {
    Arena arena;
    JsonText json;
    if (!ReadJson(text, &arena, &json).what.empty()) return;
    for (const JsonLeaf& leaf : json.leaves) {
      // Of a connection's password, the words for it are none.
      if ((!NamesCredential(leaf.key) && leaf.key != "aws_access_key_id") ||
          leaf.path.starts_with("extra_conn_words/")) {
        continue;
      }
      store_->Add(
          {.name = name + "/" + leaf.path, .key = leaf.key, .open = false},
          leaf.value);
    }
  }

  // user:password,user:password
  void AddBasicAuth(const std::string& name, std::string_view text) {
    store_->Add({.name = name, .key = "password", .open = false}, text);
    while (!text.empty()) {
      const size_t end = std::min(text.find(','), text.size());
      const std::string_view pair = text.substr(0, end);
      const size_t colon = pair.find(':');
      if (colon != pair.npos && colon + 1 < pair.size()) {
        store_->Add({.name = name, .key = "password", .open = false},
                    pair.substr(colon + 1));
      }
      text.remove_prefix(std::min(end + 1, text.size()));
    }
  }

  // --- Database --------------------------------------------------------------
  Status LoadMetastore() {
    Result<std::optional<std::string>> url = resolver_.Resolve(kDatabaseUrl);
    if (!url.ok()) return url.status();
    std::string text = url->value_or("");
    if (text.empty()) {
      const std::string file = config_.home() + "/airflow.db";
      if (!Exists(file)) return Status::Ok();
      text = "sqlite:///" + file;
    }
    // What Airflow 3 gives to processes that must not know the database.
    if (text.starts_with("airflow-db-not-allowed:")) return Status::Ok();
    const Result<DatabaseUrl> parsed = DatabaseUrl::Parse(text);
    if (parsed.ok() && parsed->dialect == "sqlite" &&
        !Exists(parsed->database)) {
      warnings_->push_back(
          {"no-database",
           "the configured SQLite database does not exist, so it holds no "
           "connection that could be masked: " +
               parsed->database,
           ""});
      return Status::Ok();
    }
    Result<std::optional<std::string>> key = resolver_.Resolve(kFernetKey);
    if (!key.ok()) return key.status();
    Result<FernetKeys> keys = FernetKeys::Parse(key->value_or(""));
    if (!keys.ok()) return keys.status();
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline_ - std::chrono::steady_clock::now());
    return ReadMetastore(text, *keys, rules_,
                         std::max(left, std::chrono::milliseconds(1000)),
                         store_);
  }

  const SourceSpec& spec_;
  const SourceLimits& limits_;
  const AirflowConfig config_;
  const MaskingRules rules_;
  SecretStore* store_;
  std::vector<Warning>* warnings_;
  std::chrono::steady_clock::time_point deadline_;
  OptionResolver resolver_;
  std::string failures_;
};

}  // namespace

Status LoadAirflow(const SourceSpec& spec, const SourceLimits& limits,
                   SecretStore* store, std::vector<Warning>* warnings) {
  if (Status s =
          CheckOptions(spec, {"policy", "commands", "names", "versions"});
      !s.ok()) {
    return s;
  }
  if (!spec.argument.empty()) {
    return Status::Usage(
        "source airflow takes no argument: it reads what Airflow would");
  }
  Result<AirflowConfig> config = AirflowConfig::Load();
  if (!config.ok()) return config.status();
  Result<MaskingRules> rules = MaskingRulesOf(spec, *config);
  if (!rules.ok()) return rules.status();
  Clean();
  return AirflowLoader(spec, limits, std::move(*config), std::move(*rules),
                       store, warnings)
      .Load();
}

}  // namespace maskpipe
