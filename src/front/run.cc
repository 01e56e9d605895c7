// maskpipe run [OPTIONS] -- COMMAND [ARG...]: masks both outputs of a command.

#include <signal.h>
#include <unistd.h>

#include "src/front/front.h"
#include "src/report/log.h"
#include "src/report/metrics.h"
#include "src/run/closing.h"
#include "src/run/supervisor.h"

namespace maskpipe {
namespace {

// As process 1 the kernel would keep these from us while we load.
void EndOn(bool yes) {
  if (::getpid() != 1) return;
  for (int s : {SIGTERM, SIGINT, SIGHUP, SIGQUIT}) {
    struct sigaction action = {};
    if (::sigaction(s, nullptr, &action) != 0 || action.sa_handler == SIG_IGN) {
      continue;
    }
    (void)::signal(s,
                   yes ? [](int signal) { ::_exit(128 + signal); } : SIG_DFL);
  }
}

}  // namespace

int RunCommand(const CommandLine& line) {
  const Options& options = line.options;
  if (line.command.empty()) {
    Log::Error(
        "there is no command; maskpipe run [OPTIONS] -- COMMAND [ARG...]");
    return kExitOwnFailure;
  }
  if (!line.operands.empty()) {
    Log::Error(
        "run takes its command behind --: maskpipe run [OPTIONS] -- "
        "COMMAND [ARG...]");
    return kExitOwnFailure;
  }
  if (!options.against.empty() || options.add_fd >= 0) {
    Log::Error("options against and add-fd do not belong to maskpipe run");
    return kExitOwnFailure;
  }
  Supervisor supervisor(options, line.command, environ);
  EndOn(true);
  Secrets secrets = LoadForRun(options);
  EndOn(false);
  if (secrets.set == nullptr && !secrets.withhold) {
    RunMetrics metrics;
    Count(secrets.report, nullptr, &metrics);
    (void)WriteReports(options, metrics);
    return kExitOwnFailure;
  }
  return supervisor.Run(std::move(secrets));
}

}  // namespace maskpipe
