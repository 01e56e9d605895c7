// aws-secretsmanager:PREFIX — every secret whose name begins so (all of them
// where it is empty), or those that [names=A;B] tells, without listing.

#include "src/fetch/aws/connection.h"
#include "src/fetch/aws/secrets_manager.h"
#include "src/fetch/source/aws.h"
#include "src/fetch/source/providers.h"

namespace maskpipe {

Status LoadSecretsManager(const SourceSpec& spec, const SourceLimits& limits,
                          SecretStore* store,
                          std::vector<std::string>* warnings) {
  const auto deadline = std::chrono::steady_clock::now() + limits.timeout;
  Result<aws::SessionOptions> options = AwsOptions(spec);
  if (!options.ok()) return options.status();
  aws::SecretsManager::Wanted wanted{.names = AwsNames(spec)};
  if (!spec.argument.empty() || wanted.names.empty()) {
    wanted.prefixes = {spec.argument};
  }
  auto connection = aws::Connection::Open(std::move(*options),
                                          aws::kSecretsManager, deadline);
  if (!connection.ok()) return connection.status();
  aws::SecretsManager manager((*connection)->client(), (*connection)->http());
  const aws::ReadReport report = manager.Read(
      wanted, [&](const std::string& name, std::string_view value) {
        store->Add({.name = name}, value);
      });
  warnings->insert(warnings->end(), report.warnings.begin(),
                   report.warnings.end());
  if (report.ok() && report.values == 0) return Status::Ok();
  AddAwsKeys(connection->get(), store, warnings);
  return report.Summary("secret");
}

}  // namespace maskpipe
