// The program: finds the subcommand, parses options, runs it.

#include <fcntl.h>
#include <yaml.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <string>
#include <vector>

#include "include/maskpipe/maskpipe.h"
#include "src/base/hygiene.h"
#include "src/front/front.h"
#include "src/report/log.h"

namespace {

using maskpipe::CommandLine;

constexpr char kUsage[] =
    "maskpipe [OPTIONS] [FILE...]                 mask standard input (or "
    "files) to standard output\n"
    "maskpipe check [OPTIONS] [--against LOG]     what would be masked, from "
    "where, what needs mending\n"
    "maskpipe detectors [OPTIONS]                 credentials that are known "
    "by their format\n\n";

struct Subcommand {
  const char* name;
  int (*run)(const CommandLine&);
};

constexpr Subcommand kSubcommands[] = {{"check", maskpipe::RunCheck},
                                       {"detectors", maskpipe::RunDetectors}};

int Print(const std::string& text) {
  if (std::fputs(text.c_str(), stdout) >= 0 && std::fflush(stdout) == 0) {
    return maskpipe::kExitOk;
  }
  maskpipe::Log::Error(std::string("standard output: ") + std::strerror(errno));
  return maskpipe::kExitIo;
}

int Run(int argc, char** argv) {
  maskpipe::ForbidDumps();
  // No file of ours may take the place of a standard stream that is closed.
  for (int fd = 0; fd <= 2; ++fd) {
    if (::fcntl(fd, F_GETFD) >= 0) continue;
    (void)::open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY);
  }
  std::vector<std::string> arguments(argv + (argc > 0), argv + argc);
  int (*run)(const CommandLine&) = maskpipe::RunFilter;
  for (const Subcommand& s : kSubcommands) {
    if (arguments.empty() || arguments[0] != s.name) continue;
    run = s.run;
    arguments.erase(arguments.begin());
    break;
  }
  maskpipe::Result<CommandLine> line =
      maskpipe::ParseCommandLine(arguments, environ);
  if (!line.ok()) {
    maskpipe::Log::Error(line.status().message() +
                         "; maskpipe --help lists the options");
    return maskpipe::kExitUsage;
  }
  if (line->help) return Print(kUsage + maskpipe::OptionHelp());
  if (line->version) {
    return Print(std::string("maskpipe ") + ::maskpipe_version() +
                 " (engine aho-corasick, libyaml " +
                 ::yaml_get_version_string() + ")\n");
  }
  if (maskpipe::Status s = maskpipe::Log::Open(line->options); !s.ok()) {
    maskpipe::Log::Error(s.message());
    return maskpipe::kExitUsage;
  }
  for (const std::string& warning : line->warnings) {
    maskpipe::Log::Warn(warning);
  }
  return run(*line);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return Run(argc, argv);
  } catch (const std::exception&) {
    // Out of memory, as good as always. what() may hold anything: not shown.
    maskpipe::Log::Error("out of memory or a library failed; masking ended");
    return maskpipe::kExitIo;
  }
}
