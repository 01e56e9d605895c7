// aws-ssm:PATH — every parameter below (all where it is empty or "/"), or those
// that [names=/A;/B] tells, without listing.

#include "src/fetch/aws/parameter_store.h"
#include "src/fetch/source/aws.h"
#include "src/fetch/source/providers.h"

namespace maskpipe {
namespace {

// "/a/b/" and "a/b" mean what the service calls "/a/b".
std::string PathOf(std::string path) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path.starts_with('/') ? path : '/' + path;
}

}  // namespace

Status LoadParameterStore(const SourceSpec& spec, const SourceLimits& limits,
                          SecretStore* store, std::vector<Warning>* warnings) {
  const Result<bool> current_only = AwsCurrentOnly(spec);
  if (!current_only.ok()) return current_only.status();
  aws::ParameterStore::Wanted wanted{.names = AwsNames(spec),
                                     .current_only = *current_only};
  if (!spec.argument.empty() || wanted.names.empty()) {
    wanted.paths = {PathOf(spec.argument)};
  }
  return ReadAws(
      spec, limits, aws::kParameterStore, "parameter",
      [&](aws::Connection* aws, const aws::ValueSink& sink) {
        return aws::ParameterStore(aws->client(), aws->http())
            .Read(wanted, sink);
      },
      store, warnings);
}

}  // namespace maskpipe
