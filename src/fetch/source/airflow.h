// What the kinds airflow and metastore share.

#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "src/base/arena.h"
#include "src/base/status.h"
#include "src/fetch/airflow/config.h"
#include "src/fetch/airflow/connection.h"
#include "src/fetch/airflow/fernet.h"
#include "src/secret/warning.h"
#include "src/source/source.h"

namespace maskpipe {

// [policy=strict|airflow] of the SPEC and Airflow's own options on masking.
Result<MaskingRules> MaskingRulesOf(const SourceSpec& spec,
                                    const AirflowConfig& config);

// Gives options their values: runs commands where [commands=run] allows it, and
// looks up what lies in the secrets backend.
class OptionResolver {
 public:
  OptionResolver(const SourceSpec& spec, const AirflowConfig* config,
                 std::chrono::steady_clock::time_point deadline);

  // A configuration secret of the backend, under its name below the prefix.
  void AddBackendValue(std::string name, std::string_view value);

  // None where the option is not set. Fails where it is set and its value
  // cannot be had; the message says why and how to mend it.
  Result<std::optional<std::string>> Resolve(const ConfigOption& option);

 private:
  const AirflowConfig* config_;
  bool run_commands_ = false;
  std::chrono::steady_clock::time_point deadline_;
  std::unique_ptr<Arena> arena_ = std::make_unique<Arena>();
  std::map<std::string, std::string_view> backend_values_;  // in the arena
};

// The keys of [core] fernet_key, each and all of them.
void AddFernetKeys(std::string_view keys, SecretStore* store);

inline const ConfigOption kDatabaseUrl{"database", "sql_alchemy_conn", "core",
                                       "sql_alchemy_conn"};
inline const ConfigOption kFernetKey{"core", "fernet_key"};

}  // namespace maskpipe
