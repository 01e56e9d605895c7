// The files of LocalFilesystemBackend: connections and variables by name, as
// JSON, YAML or lines of NAME=VALUE (airflow/secrets/local_filesystem.py).
//
//   Status s = ReadLocalFile(path, Holds::kConnections, rules, &store,
//                            &warnings);

#pragma once

#include <string>
#include <vector>

#include "src/base/status.h"
#include "src/fetch/airflow/backend.h"
#include "src/fetch/airflow/connection.h"
#include "src/source/source.h"

namespace maskpipe {

// The ending of the name says which format it is, as for Airflow. Configuration
// counts as variables.
Status ReadLocalFile(const std::string& path, SecretsBackend::Holds holds,
                     const MaskingRules& rules, const SourceLimits& limits,
                     SecretStore* store, std::vector<Warning>* warnings);

}  // namespace maskpipe
