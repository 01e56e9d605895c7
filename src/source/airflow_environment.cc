#include "src/source/airflow_environment.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <string_view>

namespace maskpipe {

bool HasAirflowEnvironment() {
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view variable = *entry;
    for (const std::string_view begin :
         {"AIRFLOW_HOME=", "AIRFLOW_CONFIG=", "AIRFLOW__", "AIRFLOW_CONN_",
          "AIRFLOW_VAR_"}) {
      if (variable.starts_with(begin)) return true;
    }
  }
  const char* home = std::getenv("HOME");
  if (home == nullptr || *home == '\0') return false;
  const std::string folder = std::string(home) + "/airflow/airflow.";
  struct stat st;
  return ::stat((folder + "cfg").c_str(), &st) == 0 ||
         ::stat((folder + "db").c_str(), &st) == 0;
}

}  // namespace maskpipe
