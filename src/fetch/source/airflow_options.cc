#include <algorithm>
#include <charconv>

#include "src/fetch/aws/process.h"
#include "src/fetch/aws/shell_words.h"
#include "src/fetch/source/airflow.h"
#include "src/secret/text.h"

namespace maskpipe {
namespace {

// Airflow's getboolean: a comment may stand behind the word.
bool IsFalse(std::string_view text) {
  std::string word(Trim(text.substr(0, text.find('#'))));
  std::transform(word.begin(), word.end(), word.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  });
  return word == "f" || word == "false" || word == "0";
}

}  // namespace

Result<MaskingRules> MaskingRulesOf(const SourceSpec& spec,
                                    const AirflowConfig& config) {
  MaskingRules rules;
  if (const auto at = spec.options.find("policy"); at != spec.options.end()) {
    if (at->second == "airflow") {
      rules.policy = MaskingPolicy::kAirflow;
    } else if (at->second != "strict") {
      return Status::Usage("source " + spec.kind +
                           ": the policy is strict or airflow");
    }
  }
  Result<std::string> words = config.Text({"core", "sensitive_var_conn_names"});
  if (!words.ok()) return words.status();
  std::string_view rest = *words;
  while (!rest.empty()) {
    const size_t end = std::min(rest.find(','), rest.size());
    std::string word(Trim(rest.substr(0, end)));
    std::transform(word.begin(), word.end(), word.begin(), [](char c) {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
    });
    if (!word.empty()) rules.sensitive_words.push_back(std::move(word));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  Result<std::string> hide =
      config.Text({"core", "hide_sensitive_var_conn_fields"});
  if (!hide.ok()) return hide.status();
  rules.names_tell = !IsFalse(*hide);
  Result<std::string> length =
      config.Text({"logging", "min_length_masked_secret"});
  if (!length.ok()) return length.status();
  const std::string_view digits = Trim(*length);
  std::from_chars(digits.data(), digits.data() + digits.size(),
                  rules.min_length);
  return rules;
}

OptionResolver::OptionResolver(const SourceSpec& spec,
                               const AirflowConfig* config,
                               std::chrono::steady_clock::time_point deadline)
    : config_(config), deadline_(deadline) {
  const auto at = spec.options.find("commands");
  run_commands_ = at != spec.options.end() && at->second == "run";
}

void OptionResolver::AddBackendValue(std::string name, std::string_view value) {
  backend_values_[std::move(name)] = arena_->Copy(value);
}

Result<std::optional<std::string>> OptionResolver::Resolve(
    const ConfigOption& option) {
  Result<std::optional<ConfigValue>> found = config_->Find(option);
  if (!found.ok()) return found.status();
  if (!found->has_value()) return std::optional<std::string>();
  ConfigValue& value = **found;
  switch (value.form) {
    case ConfigValue::Form::kText:
      break;
    case ConfigValue::Form::kCommand: {
      if (!run_commands_) {
        return Status::Source(
            value.where +
            " is a command, which is not run unless you allow it: "
            "--airflow-commands, or airflow[commands=run]:");
      }
      const auto words = aws::SplitWords(value.text);
      if (!words.has_value() || words->empty()) {
        return Status::Source(value.where + " is no command line");
      }
      Result<SecretString> output =
          aws::RunForOutput(*words, value.where, deadline_);
      if (!output.ok()) return output.status();
      return std::optional<std::string>(Trim(output->view()));
    }
    case ConfigValue::Form::kSecret: {
      const auto at = backend_values_.find(value.text);
      if (at == backend_values_.end()) {
        return Status::Source(value.where + " names the secret " +
                              PrintableName(value.text) +
                              ", which the secrets backend does not hold under "
                              "its config_prefix");
      }
      return std::optional<std::string>(std::string(at->second));
    }
  }
  return std::optional<std::string>(std::move(value.text));
}

void AddFernetKeys(std::string_view keys, SecretStore* store) {
  if (Trim(keys).empty()) return;
  const Secret secret{
      .name = "core/fernet_key", .open = false, .certain = true};
  store->Add(secret, keys);
  while (keys.find(',') != keys.npos) {
    store->Add(secret, Trim(keys.substr(0, keys.find(','))));
    keys.remove_prefix(keys.find(',') + 1);
    if (keys.find(',') == keys.npos) store->Add(secret, Trim(keys));
  }
}

}  // namespace maskpipe
