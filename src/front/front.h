// The subcommands, each in a file of its own, and what a run begins with.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "src/options/command_line.h"
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

int RunFilter(const CommandLine& line);
int RunCheck(const CommandLine& line);
int RunDetectors(const CommandLine& line);

// The secrets of a run, compiled. `set` is null after a failure that ends the
// run, which was logged and has this status.
struct Secrets {
  std::shared_ptr<const CompiledSet> set;
  MaskOptions options;
  LoadReport report;
  int exit_status = kExitOk;
};

// Loads and compiles; warnings and failures are logged once the set is there
// to mask the messages.
Secrets LoadSecrets(const Options& options);

// The warnings about secrets that are not masked, or not everywhere: one for
// each reason, with the names, of the first `secrets` secrets.
std::vector<std::string> Concerns(const CompiledSet& set,
                                  size_t secrets = SIZE_MAX);

int ExitStatusOf(const Status& status);

}  // namespace maskpipe
