#include "src/fetch/airflow/name_check.h"

#include <unistd.h>

#include <string>
#include <string_view>

#include "src/fetch/airflow/near_miss.h"
#include "src/secret/secret.h"

namespace maskpipe {
namespace {

// Without these, secrets are not found; other options do not matter here.
constexpr std::string_view kVariables[] = {
    "AIRFLOW__SECRETS__BACKEND",
    "AIRFLOW__SECRETS__BACKEND_KWARGS",
    "AIRFLOW__SECRETS__BACKEND_KWARGS_CMD",
    "AIRFLOW__SECRETS__BACKEND_KWARGS_SECRET",
    "AIRFLOW__WORKERS__SECRETS_BACKEND",
    "AIRFLOW__WORKERS__SECRETS_BACKEND_KWARGS",
    "AIRFLOW__WORKERS__SECRETS_BACKEND_KWARGS_CMD",
    "AIRFLOW__WORKERS__SECRETS_BACKEND_KWARGS_SECRET",
    "AIRFLOW__CORE__FERNET_KEY",
    "AIRFLOW__CORE__FERNET_KEY_CMD",
    "AIRFLOW__CORE__FERNET_KEY_SECRET",
    "AIRFLOW__CORE__SQL_ALCHEMY_CONN",
    "AIRFLOW__CORE__SQL_ALCHEMY_CONN_CMD",
    "AIRFLOW__CORE__SQL_ALCHEMY_CONN_SECRET",
    "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN",
    "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_CMD",
    "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_SECRET",
    "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC",
    "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC_CMD",
    "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC_SECRET",
    "AIRFLOW_HOME",
    "AIRFLOW_CONFIG",
};

// What the names of connections and variables begin with, and what people
// write for it.
struct Beginning {
  std::string_view wrong, right;
};

constexpr Beginning kBeginnings[] = {
    {"AIRFLOW_CONNECTION_", "AIRFLOW_CONN_"},
    {"AIRFLOW_CONNECTIONS_", "AIRFLOW_CONN_"},
    {"AIRFLOW_CONNS_", "AIRFLOW_CONN_"},
    {"AIRFLOW_CON_", "AIRFLOW_CONN_"},
    {"AIRFLOW_COON_", "AIRFLOW_CONN_"},
    {"AIRFLOWCONN_", "AIRFLOW_CONN_"},
    {"AIRLFOW_CONN_", "AIRFLOW_CONN_"},
    {"AIRFLOW__CONN_", "AIRFLOW_CONN_"},
    {"AIRFLOW_VARIABLE_", "AIRFLOW_VAR_"},
    {"AIRFLOW_VARIABLES_", "AIRFLOW_VAR_"},
    {"AIRFLOW_VARS_", "AIRFLOW_VAR_"},
    {"AIRLFOW_VAR_", "AIRFLOW_VAR_"},
    {"AIRFLOW__VAR_", "AIRFLOW_VAR_"},
};

std::string Upper(std::string_view name) {
  std::string out(name);
  for (char& c : out) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c & ~0x20);
  }
  return out;
}

// What was meant; empty where the name is right or means nothing to Airflow.
std::string Meant(std::string_view name) {
  const std::string upper = Upper(name);
  if (!upper.starts_with("AIR")) return "";
  for (const std::string_view right : {"AIRFLOW_CONN_", "AIRFLOW_VAR_"}) {
    if (name.starts_with(right)) return "";
    // Airflow looks for the upper-case name only.
    if (upper.starts_with(right)) return upper;
  }
  for (const Beginning& b : kBeginnings) {
    if (upper.starts_with(b.wrong)) {
      return std::string(b.right) + upper.substr(b.wrong.size());
    }
  }
  return std::string(NearestName(name, kVariables));
}

}  // namespace

void CheckVariableNames(std::vector<Warning>* warnings) {
  for (char** entry = environ; *entry != nullptr; ++entry) {
    std::string_view name = *entry;
    name = name.substr(0, name.find('='));
    const std::string meant = Meant(name);
    if (meant.empty()) continue;
    warnings->push_back({"near-miss",
                         "the variable " + PrintableName(name) +
                             " is not one that Airflow heeds",
                         "name it " + PrintableName(meant)});
  }
}

}  // namespace maskpipe
