// Reads secrets from AWS Secrets Manager: current, pending and previous
// versions, text and binary.
//
//   SecretsManager manager(&client, &http);
//   ReadReport report = manager.Read({.prefixes = {"airflow/"}}, sink);
//
// Lists by prefix, 100 a page, and while the list goes on gets the current
// values 20 at a time (BatchGetSecretValue; one at a time where that is denied
// or unknown). The list says which versions a secret has, so only those that
// are not current cost a request each: a task that runs may still hold the
// password of before a rotation.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "src/fetch/aws/client.h"
#include "src/fetch/aws/read_report.h"

namespace maskpipe::aws {

class SecretsManager {
 public:
  struct Wanted {
    // All secrets whose names begin so; "" means all.
    std::vector<std::string> prefixes{};
    // Names or ARNs, read without listing. With prefixes, too, they are what
    // is left where the list is denied.
    std::vector<std::string> names{};
    bool current_only = false;  // no other versions
  };

  // Both must outlive it; `http` is the client's own.
  SecretsManager(Client* client, HttpClient* http)
      : client_(client), http_(http) {}

  ReadReport Read(const Wanted& wanted, const ValueSink& sink);

  // The names below a prefix, no values; at most `most`.
  Result<std::vector<std::string>> Names(const std::string& prefix,
                                         size_t most);

 private:
  Client* client_;
  HttpClient* http_;
};

}  // namespace maskpipe::aws
