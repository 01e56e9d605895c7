#include "src/run/supervisor.h"

#include <fcntl.h>
#include <fnmatch.h>
#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "src/base/hygiene.h"
#include "src/report/log.h"
#include "src/run/closing.h"

namespace maskpipe {
namespace {

constexpr int kForwarded[] = {SIGTERM, SIGINT,   SIGHUP,  SIGQUIT, SIGUSR1,
                              SIGUSR2, SIGWINCH, SIGCONT, SIGTSTP};
constexpr int kSiKernel = 0x80;  // SI_KERNEL: not sent by a process

bool EndsUs(int signal) {
  return signal == SIGTERM || signal == SIGINT || signal == SIGHUP ||
         signal == SIGQUIT;
}

// One that was closed when we began has a placeholder that no command inherits.
bool IsOpen(int fd) {
  const int flags = ::fcntl(fd, F_GETFD);
  return flags >= 0 && (flags & FD_CLOEXEC) == 0;
}

void SetSignal(int how, int signal) {
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, signal);
  ::pthread_sigmask(how, &set, nullptr);
}

Status Failed(const char* what) {
  return Status::Io(std::string(what) + ": " + std::strerror(errno));
}

}  // namespace

std::vector<char*> CommandEnvironment(char** environment,
                                      const std::vector<std::string>& hidden,
                                      const std::vector<std::string>& more) {
  std::vector<char*> entries;
  for (char** entry = environment; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const std::string name(text.substr(0, text.find('=')));
    const auto matches = [&](const std::string& glob) {
      return ::fnmatch(glob.c_str(), name.c_str(), 0) == 0;
    };
    if (name.starts_with("MASKPIPE_") ||
        std::any_of(hidden.begin(), hidden.end(), matches)) {
      continue;
    }
    entries.push_back(*entry);
  }
  for (const std::string& entry : more) {
    entries.push_back(const_cast<char*>(entry.c_str()));
  }
  entries.push_back(nullptr);
  return entries;
}

Supervisor::Supervisor(const Options& options, std::vector<std::string> command,
                       char** environment)
    : options_(options),
      command_(std::move(command)),
      environment_(environment) {}

int Supervisor::Run(Secrets secrets) {
  Status s = Prepare(secrets);
  if (s.ok()) {
    Result<Child> child = Child::Start(launch_);
    if (child.ok()) {
      child_ = std::move(*child);
    } else {
      s = child.status();
    }
  }
  if (s.ok() && child_->exec_error() != 0) {
    const int error = child_->exec_error();
    Log::Error(command_[0] + ": " + std::strerror(error));
    return error == ENOENT ? 127 : 126;
  }
  if (s.ok()) s = StartThreads(std::move(secrets));
  if (!s.ok()) {
    Log::Error(s.message());
    if (child_) child_->Kill(SIGTERM, false);
    return kExitOwnFailure;
  }
  return Loop();
}

// 1 signals, 2 the socket for additions, 3 outputs, 4 what the command gets.
Status Supervisor::Prepare(const Secrets& secrets) {
  sigset_t set;  // 1
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGCHLD);
  for (int s : kForwarded) {
    if (s != options_.reload_signal) ::sigaddset(&set, s);
  }
  ::sigprocmask(SIG_BLOCK, &set, nullptr);
  signals_ = Fd(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  done_ = Fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!signals_.valid() || !done_.valid()) return Failed("signals");
  if (options_.subreaper && ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0) {
    return Failed("option subreaper");
  }

  Result<Offer> offer = Offer::Make();  // 2
  if (!offer.ok()) return offer.status();
  offer_ = std::make_unique<Offer>(std::move(*offer));
  added_ =
      std::make_unique<AddedSecrets>(secrets.options, !options_.no_masking);
  if (Status s = added_->Listen(offer_->TakeOurs()); !s.ok()) return s;

  if (Status s = OpenOutputs(); !s.ok()) return s;  // 3

  more_ = {offer_->fd_entry(), offer_->id_entry()};  // 4
  launch_.command = command_;
  launch_.environment =
      CommandEnvironment(environment_, options_.hide_env, more_);
  launch_.kept = offer_->theirs();
  launch_.group = options_.group;
  launch_.signals = &signals_at_start_;
  launch_.core_limit = CoreLimitAtStart();
  return Status::Ok();
}

Status Supervisor::OpenOutputs() {
  const bool out_is_tty = IsOpen(STDOUT_FILENO) && ::isatty(STDOUT_FILENO);
  const bool err_is_tty = IsOpen(STDERR_FILENO) && ::isatty(STDERR_FILENO);
  const bool pty = options_.tty == TtyMode::kPty ||
                   (options_.tty == TtyMode::kAuto && out_is_tty);
  if (pty) {
    Result<Terminal> terminal = Terminal::Open();
    if (!terminal.ok()) return terminal.status();
    terminal_ = std::move(*terminal);
    launch_.terminal = terminal_->slave();
    if (terminal_->relays_input()) launch_.standard[0] = terminal_->slave();
    Fd from(::fcntl(terminal_->master(), F_DUPFD_CLOEXEC, 3));
    if (!from.valid()) return Failed("terminal");
    launch_.standard[1] = terminal_->slave();
    outputs_.push_back(
        {std::move(from), Fd(), STDOUT_FILENO, "standard output"});
  }
  struct Standard {
    int fd;
    const char* name;
  };
  for (const Standard& s : {Standard{STDOUT_FILENO, "standard output"},
                            Standard{STDERR_FILENO, "standard error"}}) {
    if (!IsOpen(s.fd)) continue;  // the command finds it closed, too
    if (pty && (s.fd == STDOUT_FILENO || err_is_tty)) {
      launch_.standard[s.fd] = terminal_->slave();
      continue;
    }
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return Failed("pipe");
    outputs_.push_back({Fd(ends[0]), Fd(ends[1]), s.fd, s.name});
    launch_.standard[s.fd] = ends[1];
  }
  return Status::Ok();
}

Status Supervisor::StartThreads(Secrets secrets) {
  offer_->CloseTheirs();
  for (Output& o : outputs_) o.command_side = Fd();
  const std::shared_ptr<const CompiledSet> set = secrets.set;
  if (terminal_) {
    terminal_->CloseSlave();
    terminal_->Enter();
  } else if (options_.group && ::tcgetpgrp(STDIN_FILENO) == ::getpgrp()) {
    // The group that reads from the terminal must be its foreground.
    owns_foreground_ = true;
    Continue();
  }
  refresher_ = std::make_unique<Refresher>(options_, std::move(secrets));
  if (Status s = refresher_->Start(); !s.ok()) return s;
  for (Output& o : outputs_) {
    relays_.push_back(std::make_unique<Relay>(
        std::move(o.from), o.to, o.name, set, added_.get(), refresher_.get()));
    if (Status s = relays_.back()->Start(done_.get()); !s.ok()) return s;
  }
  return Status::Ok();
}

// Until the command and all that it printed has come to its end.
int Supervisor::Loop() {
  const auto all_done = [this] {
    return std::none_of(relays_.begin(), relays_.end(),
                        [](const auto& r) { return r->running(); });
  };
  bool taking = true;
  HandleChild();
  while (fatal_signal_ == 0 && !(ended_ && all_done())) {
    if (terminal_ && !ended_ && !relays_.front()->running()) {
      terminal_->HangUp();  // as our own terminal did, or there is none to read
    }
    pollfd polled[] = {
        {signals_.get(), POLLIN, 0},
        {done_.get(), POLLIN, 0},
        {taking ? added_->events() : -1, POLLIN, 0},
        {ended_ ? -1 : child_->events(), POLLIN, 0},
        {terminal_ ? terminal_->input() : -1, POLLIN, 0},
        {terminal_ && terminal_->has_input() ? terminal_->master() : -1,
         POLLOUT, 0}};
    WipeRegisters();
    if (::poll(polled, std::size(polled), -1) < 0) continue;  // EINTR
    if (polled[1].revents != 0) {
      uint64_t done;
      (void)!::read(done_.get(), &done, sizeof done);
    }
    // A failure is told by the streams, which meet it, too.
    if (polled[2].revents != 0) taking = added_->Take().ok();
    if (polled[4].revents != 0) terminal_->ReadInput();
    if (polled[5].revents != 0) terminal_->WriteInput();
    if (polled[0].revents != 0) HandleSignals();
    if (polled[3].revents != 0) HandleChild();
  }
  return Close();
}

void Supervisor::HandleSignals() {
  signalfd_siginfo info;
  while (::read(signals_.get(), &info, sizeof info) == sizeof info) {
    const int signal = static_cast<int>(info.ssi_signo);
    const bool from_terminal = info.ssi_code == kSiKernel;
    if (signal == SIGCHLD) {
      HandleChild();
    } else if (signal == SIGCONT) {
      Continue();
      Forward(signal, from_terminal);
    } else if (signal == SIGWINCH && terminal_ && terminal_->Resize()) {
      // The command's terminal has told it.
    } else {
      tstp_came_ |= signal == SIGTSTP;
      Forward(signal, from_terminal);
    }
  }
}

void Supervisor::HandleChild() {
  for (;;) {
    const ChildEvent event = child_->Next();
    if (event.kind == ChildEvent::kNone) return;
    if (event.kind == ChildEvent::kEnded) {
      ended_ = true;
      status_ = event.value;
      const auto deadline = Relay::Clock::now() + options_.drain_timeout;
      for (const auto& relay : relays_) relay->EndBy(deadline);
    } else if (event.value != SIGSTOP || tstp_came_) {
      // SIGSTOP from elsewhere is between the two; whoever continues the
      // command would not continue us.
      StopWithCommand();
    }
  }
}

// What the terminal sends to its foreground, the command in our group has got
// itself; only a hang-up goes to the leader of the session alone.
void Supervisor::Forward(int signal, bool from_terminal) {
  if (ended_) {
    if (EndsUs(signal)) fatal_signal_ = signal;
    return;
  }
  const bool has_it = from_terminal && !terminal_ && !options_.group &&
                      !(signal == SIGHUP && ::getsid(0) == ::getpid());
  if (!has_it) child_->Kill(signal, options_.group);
}

// The shell that waits for us must see a stopped job.
void Supervisor::StopWithCommand() {
  tstp_came_ = false;
  if (terminal_) {
    terminal_->Leave();
    // The others of our job, which Ctrl-Z would have stopped.
    (void)::kill(0, SIGTSTP);
  } else {
    (void)::kill(::getpid(), SIGTSTP);
  }
  // Where nobody could continue us (an orphaned group, process 1), the kernel
  // lets us run on, and the command too.
  SetSignal(SIG_UNBLOCK, SIGTSTP);
  SetSignal(SIG_BLOCK, SIGTSTP);
  Continue();
  child_->Kill(SIGCONT, terminal_.has_value() || options_.group);
}

void Supervisor::Continue() {
  if (terminal_) {
    terminal_->Enter();
    (void)terminal_->Resize();
  }
  if (owns_foreground_ && ::tcgetpgrp(STDIN_FILENO) == ::getpgrp()) {
    SetSignal(SIG_BLOCK, SIGTTOU);
    (void)::tcsetpgrp(STDIN_FILENO, child_->pid());
    SetSignal(SIG_UNBLOCK, SIGTTOU);
  }
}

// 1 the terminal back, 2 what the streams tell, 3 reports.
int Supervisor::Close() {
  if (terminal_) terminal_->Leave();  // 1
  if (owns_foreground_ && ::tcgetpgrp(STDIN_FILENO) == child_->pid()) {
    SetSignal(SIG_BLOCK, SIGTTOU);
    (void)::tcsetpgrp(STDIN_FILENO, ::getpgrp());
  }
  if (fatal_signal_ != 0) ::_exit(128 + fatal_signal_);
  child_->End();

  RunMetrics metrics;
  metrics.errors_by_kind["io"] = 0;
  int status = StatusOfStreams(status_);  // 2
  for (const auto& relay : relays_) {
    Add(relay->output().stats(), &metrics.stream);
    metrics.errors_by_kind["io"] +=
        !relay->status().ok() && !relay->output_closed();
  }
  refresher_->Count(&metrics);  // 3
  if (!WriteReports(options_, metrics).ok()) status = kExitOwnFailure;
  if (!refresher_->Stop()) ::_exit(status);
  return status;
}

int Supervisor::StatusOfStreams(int status) {
  uint64_t withheld = 0;
  for (const auto& relay : relays_) {
    relay->Join();
    withheld += relay->output().withheld();
    if (relay->status().ok()) continue;
    if (!relay->output_closed()) {
      Log::Error(relay->status().message());
      status = kExitOwnFailure;
    } else if (status == 0) {
      // The command wrote what nobody read, and did not live to be told.
      if (signals_at_start_.ignored(SIGPIPE)) {
        Log::Error(relay->status().message());
        status = kExitOwnFailure;
      } else {
        status = 128 + SIGPIPE;
      }
    }
  }
  if (withheld > 0) {
    Log::Loud(std::to_string(withheld) + " lines were withheld");
  }
  return status;
}

}  // namespace maskpipe
