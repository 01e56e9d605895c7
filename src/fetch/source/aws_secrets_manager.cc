// aws-secretsmanager:PREFIX — every secret whose name begins so (all of them
// where it is empty), or those that [names=A;B] tells, without listing.

#include "src/fetch/aws/secrets_manager.h"
#include "src/fetch/source/aws.h"
#include "src/fetch/source/providers.h"

namespace maskpipe {

Status LoadSecretsManager(const SourceSpec& spec, const SourceLimits& limits,
                          SecretStore* store, std::vector<Warning>* warnings) {
  const Result<bool> current_only = AwsCurrentOnly(spec);
  if (!current_only.ok()) return current_only.status();
  aws::SecretsManager::Wanted wanted{.names = AwsNames(spec),
                                     .current_only = *current_only};
  if (!spec.argument.empty() || wanted.names.empty()) {
    wanted.prefixes = {spec.argument};
  }
  return ReadAws(
      spec, limits, aws::kSecretsManager, "secret",
      [&](aws::Connection* aws, const aws::ValueSink& sink) {
        return aws::SecretsManager(aws->client(), aws->http())
            .Read(wanted, sink);
      },
      store, warnings);
}

}  // namespace maskpipe
