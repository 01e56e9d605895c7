// The command, started into the world that we were started in.
//
//   Result<Child> child = Child::Start(launch);
//   ...                                     // SIGCHLD came, or events() reads
//   while ((event = child->Next()).kind != ChildEvent::kNone) ...
//
// The command has our environment, descriptors, limits, umask, signal mask and
// dispositions as they were when we began, but for what Launch names. It gets
// SIGTERM when we die, however that happens.
//
// With a terminal of its own, a process of ours stands between us and it: the
// leader of the terminal's session. Without a parent in its session, the
// command could not be stopped by Ctrl-Z (setpgid(2), "orphaned process
// groups").
//
// Start() forks; it belongs to the time before there are threads.

#pragma once

#include <signal.h>
#include <sys/resource.h>
#include <sys/types.h>

#include <string>
#include <vector>

#include "src/base/fd.h"
#include "src/base/status.h"

namespace maskpipe {

// What of our signals is not as it was when we began.
class SignalsAtStart {
 public:
  // Notes dispositions and mask, then ignores SIGPIPE and no longer ignores
  // SIGCHLD, which would take a status from us.
  SignalsAtStart();
  void Restore() const;  // in the command

  const sigset_t& mask() const { return mask_; }
  bool ignored(int signal) const { return ignored_[signal]; }

 private:
  sigset_t mask_;
  bool ignored_[NSIG] = {};
};

struct Launch {
  std::vector<std::string> command;
  std::vector<char*> environment;  // ended by a null
  int standard[3] = {-1, -1, -1};  // in the place of 0, 1 and 2; -1: ours
  int kept = -1;                   // stays open under its number
  int terminal = -1;               // slave side: its controlling terminal
  bool group = false;              // a process group of its own
  const SignalsAtStart* signals = nullptr;
  rlimit core_limit{};
};

struct ChildEvent {
  enum Kind { kNone, kStopped, kEnded };
  Kind kind = kNone;
  int value = 0;  // the signal; the status as a shell gives it
};

class Child {
 public:
  // Where the command cannot be executed, exec_error() tells why; other
  // failures are a Status.
  static Result<Child> Start(const Launch& launch);

  int exec_error() const { return exec_error_; }
  pid_t pid() const { return pid_; }
  // Readable where Next() has something, besides SIGCHLD; or -1.
  int events() const { return reports_.get(); }

  // What happened to the command; also takes in orphans, where we are the
  // reaper. Does not wait, nor take children of other threads.
  ChildEvent Next();

  // A signal for the command, or for its whole group.
  void Kill(int signal, bool group) const;

  // Lets go of the session of its terminal.
  void End();

 private:
  pid_t pid_ = -1;
  pid_t leader_ = -1;  // of the session; -1: none
  Fd reports_;         // of the leader
  int exec_error_ = 0;
  bool ended_ = false;
};

}  // namespace maskpipe
