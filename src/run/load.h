// What every run begins with: loading, compiling, and telling what will not be
// masked.
//
//   const Secrets secrets = LoadSecrets(options);
//   if (secrets.set == nullptr) return secrets.exit_status;
//
// Warnings and failures are logged once the set is there to mask the messages.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "src/options/options.h"
#include "src/setup/setup.h"
#include "src/stream/compiled_set.h"

namespace maskpipe {

// Exit statuses of the filter and of check.
enum ExitStatus : int {
  kExitOk = 0,
  kExitIo = 1,  // of check: something needs mending
  kExitUsage = 2,
  kExitSource = 3,  // and not one byte of the log was printed
};

int ExitStatusOf(const Status& status);

// The secrets of a run, compiled. `set` is null after a failure that ends the
// run, which was logged and has this status.
struct Secrets {
  std::shared_ptr<const CompiledSet> set;
  MaskOptions options;
  LoadReport report;
  SecretStore store;      // what was loaded, for a later refresh
  bool withhold = false;  // no set so far, but it may come
  int exit_status = kExitOk;
};

// Loads and compiles.
Secrets LoadSecrets(const Options& options);

// The same for what streams a log: with --no-masking an empty set, and a loud
// word; also warns of secrets that are not masked.
Secrets LoadForRun(const Options& options);

// Compiles, and where a secret occurs in the mask, which was chosen before the
// secret was known, with another mask.
Result<std::shared_ptr<const CompiledSet>> CompileLater(
    const SecretStore& store, const MaskOptions& options);

// The warnings about secrets that are not masked, or not everywhere: one for
// each reason, with the names, of the first `secrets` secrets.
std::vector<std::string> Concerns(const CompiledSet& set,
                                  size_t secrets = SIZE_MAX);

}  // namespace maskpipe
