// Options from the command line, MASKPIPE_* variables and an INI file, by
// Boost.Program_options: flags before variables before the file.
//
//   Result<CommandLine> line = ParseCommandLine(arguments, environ);
//
// A variable is named after its option (MASKPIPE_MIN_LENGTH); an empty one
// counts as not set; of an option that repeats, each line is one setting. The
// INI file has `name = value` lines. Messages name the option and never repeat
// a value.

#pragma once

#include <string>
#include <vector>

#include "src/base/status.h"
#include "src/options/options.h"

namespace maskpipe {

struct CommandLine {
  Options options;
  std::vector<std::string> operands;  // what is no option: FILE...
  std::vector<std::string> command;   // of run, behind the first --
  bool help = false;
  bool version = false;
  std::vector<std::string> warnings;
};

// `arguments` without the program's name and the subcommand.
Result<CommandLine> ParseCommandLine(const std::vector<std::string>& arguments,
                                     char** environment);

// The options by groups, a line each.
std::string OptionHelp();

}  // namespace maskpipe
