// What a connection's text holds as secrets, read as Airflow reads it
// (airflow/models/connection.py, airflow/_shared/secrets_masker).
//
//   MaskingRules rules;
//   AddConnection({.name = "AIRFLOW_CONN_PG"}, text, rules, &store);
//   AddVariable("AIRFLOW_VAR_KEY", "key", text, rules, &store);
//
// A text is a URI or a JSON object of fields. Besides what the text itself
// holds, the password and the values of `extra` are added as
// Connection.get_uri() prints them.

#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "src/secret/secret.h"

namespace maskpipe {

// Whose rules say what of a connection or variable is masked.
enum class MaskingPolicy {
  kStrict,   // all that is not plainly harmless, whatever its name
  kAirflow,  // what Airflow itself masks: passwords, and what a name tells
};

// What Airflow's configuration says of masking.
struct MaskingRules {
  MaskingPolicy policy = MaskingPolicy::kStrict;
  // [core] sensitive_var_conn_names: words besides Airflow's own.
  std::vector<std::string> sensitive_words{};
  // [core] hide_sensitive_var_conn_fields: false makes no name sensitive.
  bool names_tell = true;
  // [logging] min_length_masked_secret.
  size_t min_length = 5;
};

struct ConnectionSource {
  std::string name;  // of the secret; its parts are named below it
  // Fields by the names that the keys of a JSON object may have for them:
  // "login" -> {"user", "username", ...}. Others keep their own.
  const std::map<std::string, std::vector<std::string>>* words = nullptr;
};

// The words by which SecretsManagerBackend knows a field.
std::map<std::string, std::vector<std::string>> SecretsManagerWords();

// What became of a text.
enum class ConnectionText {
  kRead,
  kBadJson,            // begins like an object and is none
  kTypographicQuotes,  // would be JSON, but for quotes such as U+201C
};

// Adds the text and what it holds. A text that cannot be read is added as a
// whole, and its parts as far as they can be told.
ConnectionText AddConnection(const ConnectionSource& source,
                             std::string_view text, const MaskingRules& rules,
                             SecretStore* store);

// The fields of a connection as a database row has them.
struct ConnectionRow {
  std::string login, password, host, schema, extra;
};
void AddConnectionRow(const std::string& name, const ConnectionRow& row,
                      const MaskingRules& rules, SecretStore* store);

// One field of a connection that came as a mapping: `path` below the name, and
// the nearest key above the value.
void AddConnectionField(const std::string& name, const std::string& path,
                        const std::string& key, std::string_view value,
                        const MaskingRules& rules, SecretStore* store);

// `key` is the variable's own name, which decides under Airflow's policy.
void AddVariable(const std::string& name, std::string_view key,
                 std::string_view text, const MaskingRules& rules,
                 SecretStore* store);

// U+2018, U+2019, U+201C, U+201D and the like as plain quotes; the text itself
// where it holds none. For diagnosis: Airflow does not read it so.
std::string WithPlainQuotes(std::string_view text);

}  // namespace maskpipe
