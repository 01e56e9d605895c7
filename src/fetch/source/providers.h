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
                          std::vector<std::string>* warnings);
Status LoadParameterStore(const SourceSpec&, const SourceLimits&, SecretStore*,
                          std::vector<std::string>* warnings);

// The one list of them.
std::span<const FetchKind> FetchKinds();

}  // namespace maskpipe
