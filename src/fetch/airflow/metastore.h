// The connections and variables of an Airflow database, of versions 2 and 3.
//
//   Status s = ReadMetastore(url, keys, rules, timeout, &store);
//
// Secrets are named connection/ID/password, variable/KEY and so on. A row that
// no key decrypts makes the whole fail, once all rows were tried; the message
// names each such row.

#pragma once

#include <chrono>
#include <string_view>

#include "src/base/status.h"
#include "src/fetch/airflow/connection.h"
#include "src/fetch/airflow/fernet.h"
#include "src/secret/secret.h"

namespace maskpipe {

Status ReadMetastore(std::string_view url, const FernetKeys& keys,
                     const MaskingRules& rules,
                     std::chrono::milliseconds timeout, SecretStore* store);

}  // namespace maskpipe
