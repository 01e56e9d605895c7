#include "bench/masked_set.h"

#include <stdexcept>

namespace maskpipe::bench {
namespace {

std::shared_ptr<const CompiledSet> Compile(
    const std::vector<std::string>& needles) {
  SecretStore store;
  for (size_t i = 0; i < needles.size(); ++i) {
    store.Add({.name = "bench/" + std::to_string(i),
               .origin = "bench:",
               .open = false,
               .certain = true},
              needles[i]);
  }
  MaskOptions options;
  options.mask = kMask;
  Result<std::shared_ptr<const CompiledSet>> set =
      CompiledSet::Compile(store, options);
  if (!set.ok()) throw std::runtime_error(set.status().message());
  if ((*set)->labels().size() != needles.size()) {
    throw std::runtime_error("some needles are not masked");
  }
  return *set;
}

}  // namespace

std::shared_ptr<const CompiledSet> MaskedSet(
    const NeedleSet& key, const std::vector<std::string>& needles) {
  static LastMade<NeedleSet, CompiledSet> sets;
  return sets.Get(key, [&] { return Compile(needles); });
}

}  // namespace maskpipe::bench
