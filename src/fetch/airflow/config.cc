#include "src/fetch/airflow/config.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <set>

#include "src/fetch/aws/file.h"
#include "src/secret/secret.h"

namespace maskpipe {
namespace {

constexpr std::string_view kPrefix = "AIRFLOW__";

std::string Folded(std::string_view text, bool upper) {
  std::string out(text);
  for (char& c : out) {
    const char lower = static_cast<char>(c | 0x20);
    if (lower >= 'a' && lower <= 'z') {
      c = upper ? static_cast<char>(c & ~0x20) : lower;
    }
  }
  return out;
}

std::string VariableOf(const std::string& section, const std::string& key) {
  return std::string(kPrefix) + Folded(section, true) + "__" +
         Folded(key, true);
}

struct SensitiveOption {
  std::string_view section, key;
};

constexpr SensitiveOption kSensitive[] = {
    {"core", "fernet_key"},
    {"core", "sql_alchemy_conn"},
    {"core", "sql_alchemy_engine_args"},
    {"core", "internal_api_secret_key"},
    {"core", "asset_manager_kwargs"},
    {"core", "dataset_manager_kwargs"},
    {"database", "sql_alchemy_conn"},
    {"database", "sql_alchemy_conn_async"},
    {"database", "sql_alchemy_engine_args"},
    {"api", "secret_key"},
    {"api_auth", "jwt_secret"},
    {"atlas", "password"},
    {"celery", "broker_url"},
    {"celery", "flower_basic_auth"},
    {"celery", "result_backend"},
    {"celery_broker_transport_options", "sentinel_kwargs"},
    {"logging", "remote_task_handler_kwargs"},
    {"opensearch", "password"},
    {"opensearch", "username"},
    {"secrets", "backend_kwargs"},
    {"workers", "secrets_backend_kwargs"},
    {"sentry", "sentry_dsn"},
    {"smtp", "smtp_password"},
    {"webserver", "secret_key"},
};

// The option that a _cmd or _secret stands for.
std::string BaseOf(const std::string& section, const std::string& key) {
  for (const std::string_view end : {"_cmd", "_secret"}) {
    if (!key.ends_with(end)) continue;
    const std::string base = key.substr(0, key.size() - end.size());
    if (AirflowConfig::IsSensitive(section, base)) return base;
  }
  return key;
}

}  // namespace

std::string ExpandAirflow(std::string_view text) {
  std::string value(text);
  // Variables that name each other would never come to rest.
  constexpr int kRounds = 20;
  for (int i = 0; i < kRounds; ++i) {
    std::string next = aws::ExpandUser(aws::ExpandVariables(value));
    if (next == value) break;
    value = std::move(next);
  }
  return value;
}

bool AirflowConfig::IsSensitive(std::string_view section,
                                std::string_view key) {
  return std::any_of(std::begin(kSensitive), std::end(kSensitive),
                     [&](const SensitiveOption& o) {
                       return o.section == section && o.key == key;
                     });
}

Result<AirflowConfig> AirflowConfig::Load() {
  AirflowConfig config;
  const char* home = std::getenv("AIRFLOW_HOME");
  config.home_ = ExpandAirflow(home != nullptr ? home : "~/airflow");
  const char* path = std::getenv("AIRFLOW_CONFIG");
  config.path_ =
      path != nullptr ? ExpandAirflow(path) : config.home_ + "/airflow.cfg";
  Result<aws::IniFile> file = aws::LoadIni(config.path_, false, true);
  if (!file.ok()) return file.status();
  for (const auto& [name, section] : file->sections) {
    Section& kept = config.sections_[name];
    for (const auto& [key, value] : section.values) {
      if (value.is_nested) continue;
      kept[key] = config.arena_->Copy(value.text);
    }
  }
  return config;
}

Result<std::optional<ConfigValue>> AirflowConfig::Find(
    const ConfigOption& o) const {
  const bool has_old = !o.old_section.empty();
  if (auto v = FindVariable(o.section, o.key)) return v;
  if (has_old) {
    if (auto v = FindVariable(o.old_section, o.old_key)) return v;
  }
  Result<std::optional<ConfigValue>> found = FindInFile(o.section, o.key);
  if (!found.ok() || found->has_value() || !has_old) return found;
  return FindInFile(o.old_section, o.old_key);
}

Result<std::string> AirflowConfig::Text(const ConfigOption& option) const {
  Result<std::optional<ConfigValue>> found = Find(option);
  if (!found.ok()) return found.status();
  if (!found->has_value() || (*found)->form != ConfigValue::Form::kText) {
    return std::string();
  }
  return (*found)->text;
}

std::optional<ConfigValue> AirflowConfig::FindVariable(
    const std::string& section, const std::string& key) const {
  const std::string name = VariableOf(section, key);
  if (const char* value = std::getenv(name.c_str())) {
    return ConfigValue{ConfigValue::Form::kText, ExpandAirflow(value), name};
  }
  if (!IsSensitive(section, key)) return std::nullopt;
  for (const auto& [end, form] :
       {std::pair{"_CMD", ConfigValue::Form::kCommand},
        std::pair{"_SECRET", ConfigValue::Form::kSecret}}) {
    if (const char* value = std::getenv((name + end).c_str())) {
      return ConfigValue{form, value, name + end};
    }
  }
  return std::nullopt;
}

Result<std::optional<ConfigValue>> AirflowConfig::FindInFile(
    const std::string& section, const std::string& key) const {
  const auto at = sections_.find(section);
  if (at == sections_.end()) return std::optional<ConfigValue>();
  for (const auto& [end, form] :
       {std::pair{"", ConfigValue::Form::kText},
        std::pair{"_cmd", ConfigValue::Form::kCommand},
        std::pair{"_secret", ConfigValue::Form::kSecret}}) {
    const std::string name = key + end;
    const auto text = at->second.find(name);
    if (text == at->second.end()) continue;
    if (form != ConfigValue::Form::kText && !IsSensitive(section, key)) break;
    const std::string where = "[" + section + "] " + name + " of " + path_;
    Result<std::string> value =
        Interpolated(at->second, where, text->second, 1);
    if (!value.ok()) return value.status();
    // An empty _cmd or _secret counts as none.
    if (form != ConfigValue::Form::kText && value->empty()) continue;
    return std::optional(ConfigValue{
        form, form == ConfigValue::Form::kText ? ExpandAirflow(*value) : *value,
        where});
  }
  return std::optional<ConfigValue>();
}

// configparser.BasicInterpolation: %% is '%', %(name)s another option of the
// section.
Result<std::string> AirflowConfig::Interpolated(const Section& section,
                                                const std::string& where,
                                                std::string_view text,
                                                int depth) const {
  constexpr int kDepth = 10;
  if (depth > kDepth) {
    return Status::Source(where + ": %(name)s leads deeper than 10 options");
  }
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const char next = i + 1 < text.size() ? text[i + 1] : '\0';
    if (text[i] != '%') {
      out += text[i];
    } else if (next == '%') {
      out += text[++i];
    } else {
      const size_t close = text.find(")s", i);
      const size_t paren = text.find(')', i);
      if (next != '(' || close == text.npos || paren != close ||
          close == i + 2) {
        return Status::Source(where +
                              ": a '%' stands there alone; write it as %%");
      }
      const auto value = section.find(text.substr(i + 2, close - i - 2));
      if (value == section.end()) {
        // The name may be the middle of a password.
        return Status::Source(where +
                              ": a %(name)s there names an option that the "
                              "section lacks; a '%' is written as %%");
      }
      Result<std::string> inner =
          Interpolated(section, where, value->second, depth + 1);
      if (!inner.ok()) return inner.status();
      out += *inner;
      i = close + 1;
    }
  }
  return out;
}

std::vector<ConfigOption> AirflowConfig::Options() const {
  std::set<std::pair<std::string, std::string>> seen;
  std::vector<ConfigOption> options;
  const auto add = [&](std::string section, std::string key) {
    key = BaseOf(section, key);
    if (!section.empty() && !key.empty() && seen.emplace(section, key).second) {
      options.push_back({std::move(section), std::move(key)});
    }
  };
  for (const auto& [section, values] : sections_) {
    for (const auto& [key, value] : values) add(section, key);
  }
  for (char** entry = environ; *entry != nullptr; ++entry) {
    std::string_view name = *entry;
    name = name.substr(0, name.find('='));
    if (!name.starts_with(kPrefix)) continue;
    name.remove_prefix(kPrefix.size());
    const size_t middle = name.find("__");
    if (middle == name.npos) continue;
    add(Folded(name.substr(0, middle), false),
        Folded(name.substr(middle + 2), false));
  }
  return options;
}

}  // namespace maskpipe
