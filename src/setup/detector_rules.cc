// Which detectors the options choose.

#include <algorithm>
#include <cstdlib>

#include "src/secret/harmless.h"
#include "src/secret/warning.h"
#include "src/setup/detect_config.h"
#include "src/setup/setup.h"
#include "src/source/secret_file.h"

namespace maskpipe {
namespace {

std::vector<std::string> SplitList(std::string_view list) {
  std::vector<std::string> items;
  while (!list.empty()) {
    const std::string_view item = list.substr(0, list.find(','));
    list.remove_prefix(std::min(list.size(), item.size() + 1));
    const size_t first = item.find_first_not_of(" \t");
    if (first == item.npos) continue;
    items.emplace_back(
        item.substr(first, item.find_last_not_of(" \t") + 1 - first));
  }
  return items;
}

// Airflow's words, and what its own setting adds ([core]
// sensitive_var_conn_names). A proxy is an address, whose password is found as
// a URL's.
std::vector<std::string> Names(const DetectConfig& config) {
  std::vector<std::string> names = {"pass", "pwd"};
  for (std::string_view word : SensitiveWords()) {
    if (word != "proxy" && word != "proxies") names.emplace_back(word);
  }
  if (const char* more =
          std::getenv("AIRFLOW__CORE__SENSITIVE_VAR_CONN_NAMES")) {
    for (std::string& name : SplitList(more)) names.push_back(std::move(name));
  }
  names.insert(names.end(), config.names.begin(), config.names.end());
  return names;
}

Status Choose(const std::string& detect, std::vector<Rule>* rules) {
  std::vector<std::string> chosen = SplitList(detect);
  if (chosen.empty()) chosen = {"none"};
  const auto has = [&](std::string_view word) {
    return std::find(chosen.begin(), chosen.end(), word) != chosen.end();
  };
  for (const std::string& name : chosen) {
    const bool known =
        name == "default" || name == "all" || name == "none" ||
        std::any_of(rules->begin(), rules->end(),
                    [&](const Rule& rule) { return rule.name == name; });
    if (!known) {
      return Status::Usage("option detect: there is no detector " + name +
                           "; maskpipe detectors lists them");
    }
  }
  if (has("none") && chosen.size() > 1) {
    return Status::Usage("option detect: none stands alone");
  }
  std::erase_if(*rules, [&](const Rule& rule) {
    return !has("all") && !has(rule.name) &&
           !(has("default") && rule.by_default);
  });
  return Status::Ok();
}

}  // namespace

// 1 the file, 2 ours, 3 those of the file and of --pattern, 4 what holds for
// all of them.
Result<std::vector<Rule>> DetectorRules(const Options& options, bool all) {
  DetectConfig config;
  if (!options.detect_config.empty()) {  // 1
    std::vector<Warning> ignored;        // who may read it: it is no secret
    Result<SecretFile> file = SecretFile::Read(
        options.detect_config, {options.source_timeout}, &ignored);
    if (!file.ok()) {
      return Status::Usage("option detect-config: " + file.status().message());
    }
    Result<DetectConfig> parsed = DetectConfig::Parse(file->text());
    if (!parsed.ok()) {
      return Status::Usage("option detect-config: " + options.detect_config +
                           ": " + parsed.status().message());
    }
    config = std::move(*parsed);
  }

  std::vector<Rule> rules = RulePack(Names(config));  // 2
  Status s = Choose(all ? "all" : options.detect, &rules);
  if (!s.ok()) return s;
  for (const std::string& name : config.disabled) {
    std::erase_if(rules, [&](const Rule& rule) { return rule.name == name; });
  }

  for (Rule& rule : config.rules) rules.push_back(std::move(rule));  // 3
  for (const std::string& pattern : options.patterns) {
    const size_t equals = pattern.find('=');
    rules.push_back({.name = pattern.substr(0, equals),
                     .pattern = pattern.substr(equals + 1),
                     .by_default = true,
                     .source = "--pattern"});
  }
  for (Rule& rule : rules) {  // 4
    rule.allow.insert(rule.allow.end(), config.allow.begin(),
                      config.allow.end());
    rule.stop_words.insert(rule.stop_words.end(), config.stop_words.begin(),
                           config.stop_words.end());
  }
  return rules;
}

}  // namespace maskpipe
