// The kinds of sources that the fetcher reads, each in a file of its own name.

#pragma once

#include <span>

#include "src/source/providers.h"

namespace maskpipe {

struct FetchKind {
  std::string_view name;
  Provider load;
};

Status LoadSecretsManager(const SourceSpec&, const SourceLimits&, SecretStore*,
                          std::vector<Warning>* warnings);
Status LoadAirflow(const SourceSpec&, const SourceLimits&, SecretStore*,
                   std::vector<Warning>* warnings);
Status LoadMetastore(const SourceSpec&, const SourceLimits&, SecretStore*,
                     std::vector<Warning>* warnings);
Status LoadParameterStore(const SourceSpec&, const SourceLimits&, SecretStore*,
                          std::vector<Warning>* warnings);

// The one list of them.
std::span<const FetchKind> FetchKinds();

}  // namespace maskpipe
