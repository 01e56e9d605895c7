// Runs a command with both its outputs masked, and ends as it ends.
//
//   Supervisor supervisor(options, command, environ);   // first of all
//   ... load ...
//   return supervisor.Run(std::move(secrets));
//
// Signals that come to us go to the command; orphans are taken in where we are
// their reaper; the end waits for what the command's children still print, up
// to --drain-timeout. The status is the command's: its own, 128 and the signal,
// 126 or 127 where it cannot be executed, 125 for a failure of ours.

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "src/base/fd.h"
#include "src/options/options.h"
#include "src/run/added.h"
#include "src/run/child.h"
#include "src/run/load.h"
#include "src/run/offer.h"
#include "src/run/refresh.h"
#include "src/run/relay.h"
#include "src/run/terminal.h"

namespace maskpipe {

// Of run, for every failure that is not the command's.
inline constexpr int kExitOwnFailure = 125;

// The entries of `environment` that the command gets: all but MASKPIPE_* and
// those whose names match a glob, and then `more`. Lends its arguments.
std::vector<char*> CommandEnvironment(char** environment,
                                      const std::vector<std::string>& hidden,
                                      const std::vector<std::string>& more);

class Supervisor {
 public:
  // Notes the signals as they are, so nothing may have changed them.
  Supervisor(const Options& options, std::vector<std::string> command,
             char** environment);

  // Gives the exit status.
  int Run(Secrets secrets);

 private:
  Status Prepare(const Secrets& secrets);
  Status OpenOutputs();
  Status StartThreads(Secrets secrets);
  int Loop();
  void HandleSignals();
  void HandleChild();
  void Forward(int signal, bool from_terminal);
  void StopWithCommand();
  void Continue();
  int Close();
  int StatusOfStreams(int status);

  const Options& options_;
  std::vector<std::string> command_;
  char** environment_;
  SignalsAtStart signals_at_start_;
  std::vector<std::string> more_;  // of the environment
  Launch launch_;
  Fd signals_;
  Fd done_;

  std::unique_ptr<Offer> offer_;
  std::unique_ptr<AddedSecrets> added_;
  std::unique_ptr<Refresher> refresher_;
  std::optional<Terminal> terminal_;
  struct Output {
    Fd from;
    Fd command_side;
    int to;
    const char* name;
  };
  std::vector<Output> outputs_;
  std::vector<std::unique_ptr<Relay>> relays_;
  std::optional<Child> child_;
  bool owns_foreground_ = false;  // we gave the command's group our terminal
  bool tstp_came_ = false;
  bool ended_ = false;
  int status_ = 0;        // of the command
  int fatal_signal_ = 0;  // came after the command had ended
};

}  // namespace maskpipe
