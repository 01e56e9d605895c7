// The kinds of sources, each in a file of its own name, and what they share.

#pragma once

#include "src/source/source.h"

namespace maskpipe {

// One kind. Adds to `store`, which holds nothing else yet; what it added before
// it failed counts only where a part is better than nothing.
using Provider = Status (*)(const SourceSpec&, const SourceLimits&,
                            SecretStore* store, std::vector<Warning>* warnings);

Status LoadEnvironment(const SourceSpec&, const SourceLimits&, SecretStore*,
                       std::vector<Warning>* warnings);
Status LoadFile(const SourceSpec&, const SourceLimits&, SecretStore*,
                std::vector<Warning>* warnings);
Status LoadDirectory(const SourceSpec&, const SourceLimits&, SecretStore*,
                     std::vector<Warning>* warnings);

// Of the kinds that lie behind a network: by maskpipe-fetch.
Status LoadFetched(const SourceSpec&, const SourceLimits&, SecretStore*,
                   std::vector<Warning>* warnings);

// An option that the kind does not know is refused, so that a typing error
// does not load less than was meant.
Status CheckOptions(const SourceSpec& spec,
                    std::initializer_list<std::string_view> known);

}  // namespace maskpipe
