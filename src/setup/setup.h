// From options to what masks: reads the sources, the allow list and the key of
// {hash}.
//
//   Result<MaskOptions> mask = MakeMaskOptions(options);
//   LoadReport report = LoadSources(options, &store);
//   auto set = CompiledSet::Compile(store, *mask);

#pragma once

#include <string>
#include <vector>

#include "src/base/status.h"
#include "src/options/options.h"
#include "src/secret/secret.h"
#include "src/secret/warning.h"
#include "src/stream/compiled_set.h"

namespace maskpipe {

// Reads the files that the options name.
Result<MaskOptions> MakeMaskOptions(const Options& options);

// The detectors' rules that the options choose: of ours, of --detect-config and
// of --pattern. `all`: of ours all, whatever --detect says.
Result<std::vector<Rule>> DetectorRules(const Options& options, bool all);

struct LoadReport {
  struct Source {
    std::string spec;
    Status status;
    size_t secrets = 0;
    std::vector<Warning> warnings;
  };
  std::vector<Source> sources;

  // The first failure, usage errors before others; Ok where all loaded.
  Status status() const;
};

// Loads one source; with `require_secrets` one that holds none has failed.
LoadReport::Source LoadOne(const std::string& spec, const Options& options,
                           SecretStore* store);

// Loads all of them, several at a time, each within its own --source-timeout;
// also behind one that fails, so that all failures are told at once. What is
// loaded and told stands in the order of the sources, whichever came first.
// Starts threads, and ends them before it returns.
LoadReport LoadSources(const Options& options, SecretStore* store);

}  // namespace maskpipe
