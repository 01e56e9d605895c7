// A command that prints credentials (credential_process).
//
//   Result<SecretString> out = RunForOutput(words, "credential_process of …",
//                                           deadline);
//
// No shell takes part. The command runs in a process group of its own with
// /dev/null as its standard input (ours may be the log) for at most 30 seconds
// and may print at most 16 MiB; past either, and past `deadline`, its whole
// group is killed. What it writes to standard error is counted and not shown:
// helpers print tokens there.

#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "src/base/secret_string.h"
#include "src/base/status.h"

namespace maskpipe::aws {

inline constexpr std::chrono::seconds kProcessTimeout{30};
inline constexpr size_t kLargestOutput = size_t{16} << 20;

// What it printed, where it ended with status 0. Messages begin with `what` and
// hold no word of the command. `words` is not empty.
Result<SecretString> RunForOutput(
    const std::vector<std::string>& words, const std::string& what,
    std::chrono::steady_clock::time_point deadline);

}  // namespace maskpipe::aws
