// The subcommands, each in a file of its own.

#pragma once

#include "src/options/command_line.h"
#include "src/run/load.h"

namespace maskpipe {

int RunFilter(const CommandLine& line);
int RunCheck(const CommandLine& line);
int RunDetectors(const CommandLine& line);
int RunCommand(const CommandLine& line);
int RunAdd(const CommandLine& line);
int RunInstall(const CommandLine& line);
int RunRsyslog(const CommandLine& line);

// Before anything is parsed: standard error belongs to the replies.
void SilenceForRsyslog();
// Answers, without the mark, what cannot be masked for a problem of ours.
int RefuseRsyslog(const std::string& problem);

}  // namespace maskpipe
