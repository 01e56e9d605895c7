// The subcommands, each in a file of its own.

#pragma once

#include "src/options/command_line.h"
#include "src/run/load.h"

namespace maskpipe {

int RunFilter(const CommandLine& line);
int RunCheck(const CommandLine& line);
int RunCommand(const CommandLine& line);
int RunAdd(const CommandLine& line);
int RunInstall(const CommandLine& line);

}  // namespace maskpipe
