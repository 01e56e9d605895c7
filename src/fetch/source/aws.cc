#include "src/fetch/source/aws.h"

#include <algorithm>

#include "src/fetch/aws/secrets.h"
#include "src/source/providers.h"

namespace maskpipe {
Result<aws::SessionOptions> AwsOptions(const SourceSpec& spec) {
  if (Status s = CheckOptions(
          spec, {"region", "profile", "endpoint_url", "role_arn", "external_id",
                 "role_session_name", "ca_bundle", "names", "versions"});
      !s.ok()) {
    return s;
  }
  const auto option = [&](const char* name) -> std::optional<std::string> {
    const auto at = spec.options.find(name);
    if (at == spec.options.end()) return std::nullopt;
    return at->second;
  };
  aws::SessionOptions options;
  options.region_name = option("region");
  options.profile_name = option("profile");
  options.endpoint_url = option("endpoint_url");
  options.ca_bundle = option("ca_bundle");
  if (const auto role = option("role_arn")) {
    options.role.emplace();
    options.role->role_arn = *role;
    options.role->external_id = option("external_id").value_or("");
    options.role->session_name = option("role_session_name").value_or("");
  } else if (option("external_id") || option("role_session_name")) {
    return Status::Usage("source " + spec.kind +
                         ": external_id and role_session_name go with a "
                         "role_arn");
  }
  return options;
}

std::vector<std::string> AwsNames(const SourceSpec& spec) {
  std::vector<std::string> names;
  const auto at = spec.options.find("names");
  if (at == spec.options.end()) return names;
  std::string_view rest = at->second;
  while (!rest.empty()) {
    const size_t end = std::min(rest.find(';'), rest.size());
    if (end != 0) names.emplace_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return names;
}

Result<bool> AwsCurrentOnly(const SourceSpec& spec) {
  const auto at = spec.options.find("versions");
  if (at == spec.options.end() || at->second == "all") return false;
  if (at->second == "current") return true;
  return Status::Usage("source " + spec.kind +
                       ": its versions are all or current");
}

Status ReadAws(const SourceSpec& spec, const SourceLimits& limits,
               aws::Service service, std::string_view noun,
               const AwsReader& read, SecretStore* store,
               std::vector<Warning>* warnings) {
  const auto deadline = std::chrono::steady_clock::now() + limits.timeout;
  Result<aws::SessionOptions> options = AwsOptions(spec);
  if (!options.ok()) return options.status();
  auto connection =
      aws::Connection::Open(std::move(*options), service, deadline);
  if (!connection.ok()) return connection.status();
  const aws::ReadReport report = read(
      connection->get(), [&](const std::string& name, std::string_view value) {
        store->Add({.name = name}, value);
      });
  warnings->insert(warnings->end(), report.warnings.begin(),
                   report.warnings.end());
  if (report.ok() && report.values == 0) return Status::Ok();
  AddAwsKeys(connection->get(), store, warnings);
  return report.Summary(noun);
}

void AddAwsKeys(aws::Connection* connection, SecretStore* store,
                std::vector<Warning>* warnings) {
  store->SetPlace("AWS credentials");
  std::vector<std::string> said;
  aws::CollectSecrets(connection->session().profiles(), store, &said);
  warnings->insert(warnings->end(), said.begin(), said.end());
  connection->credentials()->CollectSecrets(store);
  store->SetPlace("");
}

}  // namespace maskpipe
