// Whether this process runs where Airflow does.

#pragma once

namespace maskpipe {

// AIRFLOW_HOME, AIRFLOW_CONFIG, or a variable that begins with AIRFLOW__,
// AIRFLOW_CONN_ or AIRFLOW_VAR_ is set; or ~/airflow holds an airflow.cfg or an
// airflow.db. Then --source airflow: is the default.
bool HasAirflowEnvironment();

}  // namespace maskpipe
