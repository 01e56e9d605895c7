#include "src/fetch/airflow/backend.h"

#include <algorithm>

#include "src/fetch/airflow/connection.h"
#include "src/fetch/airflow/near_miss.h"
#include "src/fetch/json/document.h"
#include "src/secret/harmless.h"
#include "src/secret/secret.h"
#include "src/secret/text.h"

namespace maskpipe {
namespace {

using Holds = SecretsBackend::Holds;
using Kind = SecretsBackend::Kind;

struct BackendClass {
  std::string_view name;  // behind the last dot
  Kind kind;
};

constexpr BackendClass kClasses[] = {
    {"SecretsManagerBackend", Kind::kSecretsManager},
    {"SystemsManagerParameterStoreBackend", Kind::kParameterStore},
    {"LocalFilesystemBackend", Kind::kLocalFiles},
};

struct ScopeArguments {
  Holds holds;
  const char* prefix;
  const char* pattern;
  const char* fallback;  // of Secrets Manager; Parameter Store's has a '/' more
  const char* path;      // of LocalFilesystemBackend
};

constexpr ScopeArguments kScopes[] = {
    {Holds::kConnections, "connections_prefix", "connections_lookup_pattern",
     "airflow/connections", "connections_file_path"},
    {Holds::kVariables, "variables_prefix", "variables_lookup_pattern",
     "airflow/variables", "variables_file_path"},
    {Holds::kConfig, "config_prefix", "config_lookup_pattern", "airflow/config",
     "configs_file_path"},
};

constexpr std::string_view kAwsArguments[] = {
    "connections_prefix",
    "variables_prefix",
    "config_prefix",
    "connections_lookup_pattern",
    "variables_lookup_pattern",
    "config_lookup_pattern",
    "sep",
    "extra_conn_words",
    "full_url_mode",
    "are_secret_values_urlencoded",
    "profile_name",
    "region_name",
    "endpoint_url",
    "verify",
    "role_arn",
    "assume_role_method",
    "assume_role_kwargs",
    "aws_access_key_id",
    "aws_secret_access_key",
    "aws_session_token",
    "session_kwargs",
    "config_kwargs",
    "service_config",
    "api_version",
    "use_ssl",
    "external_id",
    "aws_account_id",
    "aws_iam_role",
    "session_token",
    "assume_role_with_web_identity_federation",
    "assume_role_with_web_identity_token_file",
    "botocore_config"};

constexpr std::string_view kFileArguments[] = {
    "connections_file_path", "variables_file_path", "configs_file_path"};

constexpr const char* kQuotes =
    "typographic quotes (such as U+201C or U+2019), as web pages and word "
    "processors make them";

// Reads the arguments of one backend.
class Reader {
 public:
  Reader(const rapidjson::Value& arguments, std::string where,
         SecretsBackend* backend, std::vector<Warning>* warnings)
      : arguments_(arguments),
        where_(std::move(where)),
        backend_(backend),
        warnings_(warnings) {}

  // 1 names, 2 places, 3 the session, 4 credentials.
  Status Read() {
    const bool files = backend_->kind == Kind::kLocalFiles;
    const auto known = files ? std::span<const std::string_view>(kFileArguments)
                             : std::span<const std::string_view>(kAwsArguments);
    CheckNames(known);  // 1
    if (Status s = files ? ReadPaths() : ReadPrefixes(); !s.ok())
      return s;  // 2
    if (!files) {
      for (const char* name : {"session_kwargs", "config_kwargs",
                               "service_config", "assume_role_kwargs"}) {
        const rapidjson::Value* value = Find(arguments_, name);
        if (value != nullptr && !value->IsNull() && !value->IsObject()) {
          return Wrong(name, "JSON object");
        }
      }
      if (Status s = ReadWords(); !s.ok()) return s;
      if (Status s = ReadSession(); !s.ok()) return s;  // 3
    }
    FindCredentials(arguments_, "");  // 4
    return Status::Ok();
  }

 private:
  Status Wrong(const std::string& argument, const std::string& expected) {
    return Status::Source(where_ + ": the argument " + argument + " is no " +
                          expected);
  }

  void CheckNames(std::span<const std::string_view> known) {
    for (const auto& m : arguments_.GetObject()) {
      const std::string_view name(m.name.GetString(), m.name.GetStringLength());
      const std::string_view meant = NearestName(name, known);
      if (meant.empty()) continue;
      warnings_->push_back({"near-miss",
                            where_ + ": the argument " + PrintableName(name) +
                                " is not known, and Airflow does not heed it",
                            "write " + std::string(meant)});
    }
  }

  const rapidjson::Value* Find(const rapidjson::Value& of,
                               const char* name) const {
    const auto at = of.FindMember(name);
    return at == of.MemberEnd() ? nullptr : &at->value;
  }

  // A string argument; none where it is missing or null.
  Status Text(const rapidjson::Value& of, const char* name,
              std::optional<std::string>* text) {
    const rapidjson::Value* value = Find(of, name);
    if (value == nullptr || value->IsNull()) return Status::Ok();
    if (!value->IsString()) return Wrong(name, "string");
    text->emplace(value->GetString(), value->GetStringLength());
    return Status::Ok();
  }

  Status ReadPaths() {
    for (const ScopeArguments& scope : kScopes) {
      std::optional<std::string> path;
      if (Status s = Text(arguments_, scope.path, &path); !s.ok()) return s;
      if (!path.has_value() || path->empty()) continue;
      backend_->scopes.push_back({scope.holds, *path, {}, scope.path, true});
    }
    return Status::Ok();
  }

  Status ReadPrefixes() {
    const bool ssm = backend_->kind == Kind::kParameterStore;
    std::optional<std::string> sep;
    if (Status s = Text(arguments_, "sep", &sep); !s.ok()) return s;
    if (ssm || !sep.has_value()) sep = "/";
    backend_->separator = *sep;
    for (const ScopeArguments& scope : kScopes) {
      const rapidjson::Value* given = Find(arguments_, scope.prefix);
      if (given != nullptr && given->IsNull()) continue;
      std::optional<std::string> prefix, pattern;
      if (Status s = Text(arguments_, scope.prefix, &prefix); !s.ok()) return s;
      if (Status s = Text(arguments_, scope.pattern, &pattern); !s.ok()) {
        return s;
      }
      std::string text = prefix.value_or(scope.fallback);
      // str.rstrip(sep): any of its characters.
      text.erase(text.find_last_not_of(*sep) + 1);
      if (ssm) {
        if (!text.starts_with('/')) text = "/" + text;
        if (!text.ends_with('/')) text += '/';
      } else if (!text.empty()) {
        text += *sep;
      }
      if (pattern.has_value() && pattern->empty()) pattern.reset();
      backend_->scopes.push_back({scope.holds, std::move(text),
                                  std::move(pattern), scope.prefix,
                                  given != nullptr});
    }
    return Status::Ok();
  }

  // extra_conn_words: {"user": ["my_user"], ...}, where user means login.
  Status ReadWords() {
    if (backend_->kind != Kind::kSecretsManager) return Status::Ok();
    backend_->words = SecretsManagerWords();
    const rapidjson::Value* words = Find(arguments_, "extra_conn_words");
    if (words == nullptr || words->IsNull()) return Status::Ok();
    if (!words->IsObject()) return Wrong("extra_conn_words", "JSON object");
    for (const auto& m : words->GetObject()) {
      std::string field(m.name.GetString(), m.name.GetStringLength());
      if (field == "user") field = "login";
      if (!m.value.IsArray()) {
        return Wrong("extra_conn_words", "object of lists of strings");
      }
      for (const auto& word : m.value.GetArray()) {
        if (!word.IsString()) {
          return Wrong("extra_conn_words", "object of lists of strings");
        }
        (*backend_->words)[field].emplace_back(word.GetString(),
                                               word.GetStringLength());
      }
    }
    return Status::Ok();
  }

  // session_kwargs go to the session; what stands beside them outweighs them.
  Status ReadSession() {
    aws::SessionOptions& session = backend_->session;
    std::optional<std::string> key, secret, token;
    const rapidjson::Value* inner = Find(arguments_, "session_kwargs");
    for (const rapidjson::Value* from : {inner, &arguments_}) {
      if (from == nullptr || !from->IsObject()) continue;
      for (const auto& [name, to] :
           {std::pair{"profile_name", &session.profile_name},
            std::pair{"region_name", &session.region_name},
            std::pair{"aws_access_key_id", &key},
            std::pair{"aws_secret_access_key", &secret},
            std::pair{"aws_session_token", &token}}) {
        if (Status s = Text(*from, name, to); !s.ok()) return s;
      }
    }
    if (key.has_value() && secret.has_value()) {
      session.keys.access_key_id = SecretString(*key);
      session.keys.secret_access_key = SecretString(*secret);
      session.keys.session_token = SecretString(token.value_or(""));
      session.keys.method = "backend_kwargs";
    } else if (key.has_value() || secret.has_value()) {
      return Status::Source(where_ +
                            ": of aws_access_key_id and aws_secret_access_key "
                            "only one is given");
    }
    const char* const service =
        backend_->kind == Kind::kSecretsManager ? "secretsmanager" : "ssm";
    const rapidjson::Value* services = Find(arguments_, "service_config");
    const auto endpoint_of = [&](const char* name,
                                 std::optional<std::string>* to) {
      if (services == nullptr || !services->IsObject()) return Status::Ok();
      const rapidjson::Value* one = Find(*services, name);
      if (one == nullptr || !one->IsObject()) return Status::Ok();
      return Text(*one, "endpoint_url", to);
    };
    if (Status s = Text(arguments_, "endpoint_url", &session.endpoint_url);
        !s.ok()) {
      return s;
    }
    if (Status s = endpoint_of(service, &session.endpoint_url); !s.ok()) {
      return s;
    }
    const rapidjson::Value* verify = Find(arguments_, "verify");
    if (verify != nullptr && verify->IsString()) {
      session.ca_bundle = verify->GetString();
    } else if (verify != nullptr && verify->IsFalse()) {
      warnings_->push_back({"verify-off",
                            where_ + ": verify is false; maskpipe verifies "
                                     "certificates all the same",
                            "set verify to the file of the CA"});
    }
    std::optional<std::string> sts_endpoint;
    if (Status s = endpoint_of("sts", &sts_endpoint); !s.ok()) return s;
    return ReadRole(sts_endpoint.value_or(""));
  }

  Status ReadRole(const std::string& sts_endpoint) {
    std::optional<std::string> arn, method, external_id, session_name, policy,
        token_file;
    for (const auto& [name, to] :
         {std::pair{"role_arn", &arn}, std::pair{"assume_role_method", &method},
          std::pair{"external_id", &external_id},
          std::pair{"assume_role_with_web_identity_token_file", &token_file}}) {
      if (Status s = Text(arguments_, name, to); !s.ok()) return s;
    }
    if (!arn.has_value() || arn->empty()) return Status::Ok();
    aws::RoleOptions role;
    role.role_arn = *arn;
    role.endpoint_url = sts_endpoint;
    const rapidjson::Value* more = Find(arguments_, "assume_role_kwargs");
    if (more != nullptr && more->IsObject()) {
      for (const auto& [name, to] :
           {std::pair{"ExternalId", &external_id},
            std::pair{"RoleSessionName", &session_name},
            std::pair{"Policy", &policy}}) {
        if (Status s = Text(*more, name, to); !s.ok()) return s;
      }
      const rapidjson::Value* seconds = Find(*more, "DurationSeconds");
      if (seconds != nullptr && seconds->IsInt()) {
        role.duration_seconds = seconds->GetInt();
      }
    }
    role.external_id = external_id.value_or("");
    role.session_name = session_name.value_or("Airflow");
    role.policy = policy.value_or("");
    const std::string how = method.value_or("assume_role");
    if (how == "assume_role_with_web_identity") {
      if (!token_file.has_value()) {
        return Status::Source(
            where_ +
            ": assume_role_with_web_identity without "
            "assume_role_with_web_identity_token_file is not supported");
      }
      role.web_identity_token_file = *token_file;
    } else if (how != "assume_role") {
      return Status::Source(where_ + ": the assume_role_method " +
                            PrintableName(how) + " is not supported");
    }
    backend_->session.role = std::move(role);
    return Status::Ok();
  }

  // Values under a key that names a credential, wherever they stand.
  void FindCredentials(const rapidjson::Value& of, const std::string& path) {
    if (of.IsArray()) {
      for (const auto& element : of.GetArray()) FindCredentials(element, path);
      return;
    }
    if (!of.IsObject()) return;
    for (const auto& m : of.GetObject()) {
      const std::string key(m.name.GetString(), m.name.GetStringLength());
      const std::string inner = path.empty() ? key : path + "/" + key;
      if (m.value.IsString() &&
          (NamesCredential(key) || key == "aws_access_key_id")) {
        backend_->credentials.emplace_back(
            inner, std::string(m.value.GetString(), m.value.GetStringLength()));
      } else if (key != "extra_conn_words") {
        FindCredentials(m.value, inner);
      }
    }
  }

  const rapidjson::Value& arguments_;
  std::string where_;
  SecretsBackend* backend_;
  std::vector<Warning>* warnings_;
};

Result<Kind> KindOf(const std::string& class_name, const std::string& where) {
  const std::string_view last =
      std::string_view(class_name).substr(class_name.rfind('.') + 1);
  std::vector<std::string_view> names;
  for (const BackendClass& c : kClasses) {
    if (c.name == last) return c.kind;
    names.push_back(c.name);
  }
  const std::string_view meant = NearestName(last, names);
  if (!meant.empty()) {
    return Status::Source(where + ": there is no class " + PrintableName(last) +
                          "; write " + std::string(meant));
  }
  return Status::Source(
      where + ": maskpipe does not know the secrets backend " +
      PrintableName(last) +
      ", so what it holds would not be masked; name its secrets by another "
      "--source");
}

}  // namespace

const char* WordFor(Holds holds) {
  switch (holds) {
    case Holds::kConnections:
      return "connections";
    case Holds::kVariables:
      return "variables";
    case Holds::kConfig:
      break;
  }
  return "configuration";
}

Result<SecretsBackend> SecretsBackend::Parse(const std::string& class_name,
                                             std::string_view kwargs,
                                             const std::string& where,
                                             std::vector<Warning>* warnings) {
  SecretsBackend backend;
  backend.class_name = class_name;
  Result<Kind> kind = KindOf(class_name, where);
  if (!kind.ok()) return kind.status();
  backend.kind = *kind;
  const std::string_view text = Trim(kwargs).empty() ? "{}" : Trim(kwargs);
  Result<JsonDocument> json = JsonDocument::Parse(text);
  if (!json.ok()) {
    // What people paste from a web page. Airflow refuses it, and so do we; but
    // what it means tells what else is wrong with it.
    const std::string plain = WithPlainQuotes(text);
    if (plain == text) {
      return Status::Source(where + ": the keyword arguments are no JSON: " +
                            json.status().message());
    }
    const std::string message = where +
                                ": the keyword arguments are no JSON: they "
                                "hold " +
                                kQuotes;
    const std::string mend = "write plain quotes: \" around names and values";
    warnings->push_back({"typographic-quotes", message, mend});
    backend.broken = Status::Source(message + "; " + mend);
    // The outermost quotes may be of the shell or of YAML.
    json = JsonDocument::Parse(
        Trim(std::string_view(plain)
                 .substr(0, plain.find_last_of('}') + 1)
                 .substr(std::min(plain.find('{'), plain.size()))));
    if (!json.ok()) return backend.broken;
  }
  if (!json->root().IsObject()) {
    return Status::Source(where + ": the keyword arguments are no JSON object");
  }
  if (Status s = Reader(json->root(), where, &backend, warnings).Read();
      !s.ok()) {
    return s;
  }
  return backend;
}

}  // namespace maskpipe
