// Airflow's configuration: AIRFLOW__SECTION__KEY variables and airflow.cfg,
// read as airflow/configuration.py reads them.
//
//   Result<AirflowConfig> config = AirflowConfig::Load();
//   std::optional<ConfigValue> v = config->Find({"secrets", "backend"});
//
// The order is variable, variable _CMD, variable _SECRET, airflow.cfg, its
// _cmd, its _secret. Commands are not run and secrets not fetched here: a value
// says what it is. Defaults of Airflow's own are not known here.

#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/arena.h"
#include "src/base/status.h"
#include "src/fetch/aws/ini.h"

namespace maskpipe {

// An option and the names that it had before.
struct ConfigOption {
  std::string section;  // lower case, as is the key
  std::string key;
  std::string old_section{};
  std::string old_key{};
};

struct ConfigValue {
  enum class Form {
    kText,     // `text` is the value
    kCommand,  // its value is what the command `text` prints
    kSecret,   // its value lies in the secrets backend, under config_prefix
  };
  Form form = Form::kText;
  std::string text;
  std::string where;  // the variable, or the option and the file, for messages
};

class AirflowConfig {
 public:
  // Reads $AIRFLOW_CONFIG, else $AIRFLOW_HOME/airflow.cfg; no file is no error.
  static Result<AirflowConfig> Load();

  // Fails where a value of the file cannot be interpolated ('%' is written as
  // %% there).
  Result<std::optional<ConfigValue>> Find(const ConfigOption& option) const;

  // As Find, but of texts only; empty where there is none.
  Result<std::string> Text(const ConfigOption& option) const;

  // Every option that is set, in the file or by a variable; a _cmd or _secret
  // counts as the option that it stands for.
  std::vector<ConfigOption> Options() const;

  // The options that hold credentials, and that alone may be set by _CMD and
  // _SECRET (`sensitive: true` in Airflow's config.yml, of all versions).
  static bool IsSensitive(std::string_view section, std::string_view key);

  // ~/airflow unless AIRFLOW_HOME says otherwise; expanded.
  const std::string& home() const { return home_; }

 private:
  std::optional<ConfigValue> FindVariable(const std::string& section,
                                          const std::string& key) const;
  Result<std::optional<ConfigValue>> FindInFile(const std::string& section,
                                                const std::string& key) const;
  using Section = std::map<std::string, std::string_view, std::less<>>;
  Result<std::string> Interpolated(const Section& section,
                                   const std::string& where,
                                   std::string_view text, int depth) const;

  std::string home_;
  std::string path_;
  // The file. Its values are in the arena, since it is kept while others are
  // waited for.
  std::unique_ptr<Arena> arena_ = std::make_unique<Arena>();
  std::map<std::string, Section, std::less<>> sections_;
};

// ConfigParser's BasicInterpolation apart, Airflow expands ~, $VAR and ${VAR}
// in values, again and again until nothing changes (expand_env_var).
std::string ExpandAirflow(std::string_view text);

}  // namespace maskpipe
