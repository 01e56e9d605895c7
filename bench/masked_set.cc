#include "bench/masked_set.h"

#include <stdexcept>

namespace maskpipe::bench {

std::shared_ptr<const CompiledSet> CompileSet(
    const std::vector<std::string>& needles, Looked looked) {
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
  const bool all = looked == Looked::kEverything;
  options.forms.base64 = options.forms.hex = options.forms.spellings = all;
  Result<std::shared_ptr<const CompiledSet>> set =
      CompiledSet::Compile(store, options);
  if (!set.ok()) throw std::runtime_error(set.status().message());
  if ((*set)->labels().size() != needles.size()) {
    throw std::runtime_error("some needles are not masked");
  }
  return *set;
}

std::shared_ptr<const CompiledSet> MaskedSet(
    const NeedleSet& key, const std::vector<std::string>& needles,
    Looked looked) {
  static LastMade<NeedleSet, CompiledSet> sets[2];
  return sets[looked == Looked::kEverything].Get(
      key, [&] { return CompileSet(needles, looked); });
}

}  // namespace maskpipe::bench
