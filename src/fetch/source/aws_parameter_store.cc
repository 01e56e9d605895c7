// aws-ssm:PATH — every parameter below (all where it is empty or "/"), or those
// that [names=/A;/B] tells, without listing.

#include "src/fetch/aws/connection.h"
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
                          SecretStore* store,
                          std::vector<std::string>* warnings) {
  const auto deadline = std::chrono::steady_clock::now() + limits.timeout;
  Result<aws::SessionOptions> options = AwsOptions(spec);
  if (!options.ok()) return options.status();
  aws::ParameterStore::Wanted wanted{.names = AwsNames(spec)};
  if (!spec.argument.empty() || wanted.names.empty()) {
    wanted.paths = {PathOf(spec.argument)};
  }
  auto connection = aws::Connection::Open(std::move(*options),
                                          aws::kParameterStore, deadline);
  if (!connection.ok()) return connection.status();
  aws::ParameterStore parameters((*connection)->client(),
                                 (*connection)->http());
  const aws::ReadReport report = parameters.Read(
      wanted, [&](const std::string& name, std::string_view value) {
        store->Add({.name = name}, value);
      });
  warnings->insert(warnings->end(), report.warnings.begin(),
                   report.warnings.end());
  if (report.ok() && report.values == 0) return Status::Ok();
  AddAwsKeys(connection->get(), store, warnings);
  return report.Summary("parameter");
}

}  // namespace maskpipe
