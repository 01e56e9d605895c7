// The program: finds the subcommand, parses options, runs it.

#include <fcntl.h>
#include <yaml.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include "include/maskpipe/maskpipe.h"
#include "src/base/hygiene.h"
#include "src/front/front.h"
#include "src/match/kernel.h"
#include "src/report/log.h"
#include "src/run/supervisor.h"
#include "src/source/airflow_environment.h"

namespace {

using maskpipe::CommandLine;

constexpr char kUsage[] =
    "maskpipe [OPTIONS] [FILE...]                 mask standard input (or "
    "files) to standard output\n"
    "maskpipe run [OPTIONS] -- COMMAND [ARG...]   run a command, mask its "
    "output and errors\n"
    "maskpipe add < VALUES                        mask more, from within a "
    "command of run\n"
    "maskpipe install DIR                         copy this program and "
    "maskpipe-fetch to DIR\n"
    "maskpipe check [OPTIONS] [--against LOG]     what would be masked, from "
    "where, what needs mending\n"
    "maskpipe detectors [OPTIONS]                 credentials that are known "
    "by their format\n"
    "maskpipe rsyslog [OPTIONS]                   answers rsyslog's "
    "mmexternal, see the manual\n\n";

std::string Kernel() {
  const maskpipe::Kernel* kernel = maskpipe::ChosenKernel();
  return kernel == nullptr ? "unknown" : kernel->name;
}

struct Subcommand {
  std::string_view name;
  int (*run)(const CommandLine&);
  int usage;            // status of a usage error
  int failure;          // of an exception
  bool starts_command;  // which stands behind --
};

constexpr Subcommand kFilter = {"", maskpipe::RunFilter, maskpipe::kExitUsage,
                                maskpipe::kExitIo, false};
constexpr Subcommand kSubcommands[] = {
    {"run", maskpipe::RunCommand, maskpipe::kExitOwnFailure,
     maskpipe::kExitOwnFailure, true},
    {"add", maskpipe::RunAdd, maskpipe::kExitUsage, maskpipe::kExitIo, false},
    {"install", maskpipe::RunInstall, maskpipe::kExitUsage, maskpipe::kExitIo,
     false},
    {"check", maskpipe::RunCheck, maskpipe::kExitUsage, maskpipe::kExitIo,
     false},
    {"detectors", maskpipe::RunDetectors, maskpipe::kExitUsage,
     maskpipe::kExitIo, false},
    {"rsyslog", maskpipe::RunRsyslog, maskpipe::kExitUsage, maskpipe::kExitIo,
     false}};

const Subcommand& SubcommandOf(int argc, char** argv) {
  for (const Subcommand& s : kSubcommands) {
    if (argc > 1 && s.name == argv[1]) return s;
  }
  return kFilter;
}

int Print(const std::string& text) {
  if (std::fputs(text.c_str(), stdout) >= 0 && std::fflush(stdout) == 0) {
    return maskpipe::kExitOk;
  }
  maskpipe::Log::Error(std::string("standard output: ") + std::strerror(errno));
  return maskpipe::kExitIo;
}

int Run(const Subcommand& subcommand, int argc, char** argv) {
  maskpipe::ForbidDumps(subcommand.starts_command);
  // No file of ours may take the place of a standard stream that is closed. A
  // command finds it closed, too.
  for (int fd = 0; fd <= 2; ++fd) {
    if (::fcntl(fd, F_GETFD) >= 0) continue;
    (void)::open("/dev/null", (fd == 0 ? O_WRONLY : O_RDONLY) | O_CLOEXEC);
  }
  const int own = subcommand.name.empty() ? 1 : 2;
  std::vector<std::string> arguments(argv + std::min(own, argc), argv + argc);
  std::vector<std::string> command;
  if (subcommand.starts_command) {
    const auto separator = std::find(arguments.begin(), arguments.end(), "--");
    if (separator != arguments.end()) {
      command.assign(separator + 1, arguments.end());
    }
    arguments.erase(separator, arguments.end());
  }
  const bool rsyslog = subcommand.run == maskpipe::RunRsyslog;
  if (rsyslog) maskpipe::SilenceForRsyslog();
  maskpipe::Result<CommandLine> line =
      maskpipe::ParseCommandLine(arguments, environ);
  if (!line.ok()) {
    if (rsyslog) return maskpipe::RefuseRsyslog(line.status().message());
    maskpipe::Log::Error(line.status().message() +
                         "; maskpipe --help lists the options");
    return subcommand.usage;
  }
  line->command = std::move(command);
  if (line->help) return Print(kUsage + maskpipe::OptionHelp());
  if (line->version) {
    return Print(std::string("maskpipe ") + ::maskpipe_version() +
                 " (kernel " + Kernel() + ", libyaml " +
                 ::yaml_get_version_string() + ")\n");
  }
  if (maskpipe::Status s = maskpipe::Log::Open(line->options); !s.ok()) {
    if (rsyslog) return maskpipe::RefuseRsyslog(s.message());
    maskpipe::Log::Error(s.message());
    return subcommand.usage;
  }
  for (const std::string& warning : line->warnings) {
    maskpipe::Log::Warn(warning);
  }
  if (line->options.sources.empty() && maskpipe::HasAirflowEnvironment()) {
    maskpipe::Log::Info(
        "no --source is given, and this is an Airflow environment: "
        "--source airflow:");
    line->options.sources = {"airflow:"};
  }
  return subcommand.run(*line);
}

}  // namespace

int main(int argc, char** argv) {
  const Subcommand& subcommand = SubcommandOf(argc, argv);
  try {
    return Run(subcommand, argc, argv);
  } catch (const std::exception&) {
    // Out of memory, as good as always. what() may hold anything: not shown.
    maskpipe::Log::Error("out of memory or a library failed; masking ended");
    return subcommand.failure;
  }
}
