// Reads a secrets backend that lies in AWS.
//
//   AwsBackend reader(&backend, deadline);
//   Status s = reader.Read({}, false, [](const Scope& scope, name, id, value) {
//   … }); reader.FindElsewhere(&warnings);

#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/status.h"
#include "src/fetch/airflow/backend.h"
#include "src/fetch/aws/connection.h"
#include "src/fetch/aws/read_report.h"

namespace maskpipe {

class AwsBackend {
 public:
  // `name` is the secret's own, `id` what stands behind the scope's prefix.
  using Sink = std::function<void(const SecretsBackend::Scope& scope,
                                  const std::string& name, std::string_view id,
                                  std::string_view value)>;

  // Takes the session's options out of `backend`, which must outlive this.
  AwsBackend(SecretsBackend* backend,
             std::chrono::steady_clock::time_point deadline)
      : backend_(backend), deadline_(deadline) {}

  // Reads what lies below the prefixes; `names` are what is read where listing
  // is denied; `current_only` leaves out all versions but the current ones.
  // What was read before a failure has been given to `sink`.
  Status Read(const std::vector<std::string>& names, bool current_only,
              const Sink& sink, std::vector<Warning>* warnings);

  // Tells of prefixes under which nothing lies while secrets lie elsewhere.
  // After Read, or without it, where the arguments cannot be used as they are.
  void FindElsewhere(std::vector<Warning>* warnings);

  // Null before Read came that far.
  aws::Connection* connection() { return connection_.get(); }

 private:
  Status Open(std::vector<Warning>* warnings);
  std::vector<std::string> Prefixes() const;
  Result<std::vector<std::string>> AllNames();

  SecretsBackend* backend_;
  std::chrono::steady_clock::time_point deadline_;
  std::unique_ptr<aws::Connection> connection_;
  std::vector<size_t> found_;  // by scope
};

}  // namespace maskpipe
