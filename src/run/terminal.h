// A terminal for the command, between it and ours.
//
//   Result<Terminal> terminal = Terminal::Open();
//   start the command on terminal->slave(); terminal->CloseSlave();
//   terminal->Enter();       // our terminal passes everything on
//   ... master() carries the output; Input() and Feed() carry what is typed
//   terminal->Leave();       // as it was
//
// Our terminal becomes raw as long as we are in its foreground, so that Ctrl-C
// and the like reach the command's terminal, which makes signals of them. What
// is typed is relayed only where standard input is a terminal.
//
// For the main thread alone.

#pragma once

#include <sys/ioctl.h>
#include <termios.h>

#include "src/base/arena.h"
#include "src/base/fd.h"
#include "src/base/status.h"

namespace maskpipe {

class Terminal {
 public:
  // Like ours in modes and size, where we have one.
  static Result<Terminal> Open();
  Terminal(Terminal&&) = default;
  Terminal& operator=(Terminal&&) = default;
  ~Terminal() { Leave(); }

  int master() const { return master_.get(); }
  int slave() const { return slave_.get(); }
  void CloseSlave() { slave_ = Fd(); }
  void HangUp() { master_ = Fd(); }
  bool relays_input() const { return input_ >= 0; }

  // Makes ours raw, unless it is so or we are in the background.
  void Enter();
  void Leave();

  // Gives the command's terminal the size of ours; false where it has it.
  bool Resize();

  // The descriptor to poll for what is typed; -1 while there is no room, none
  // is relayed or it is not ours to read.
  int input() const;
  bool has_input() const { return pending_ > 0; }
  void ReadInput();   // once input() is readable
  void WriteInput();  // once master() is writable

 private:
  // A terminal of ours whose modes we change.
  struct Ours {
    int fd = -1;
    termios before{};
    termios raw{};
  };

  Terminal() = default;

  Fd master_;
  Fd slave_;
  int input_ = -1;   // our standard input, where it is a terminal
  int output_ = -1;  // ours whose size counts
  Ours ours_[2];     // of input and of output, where that is another
  bool raw_ = false;
  winsize size_{};
  Buffer typed_;
  size_t pending_ = 0;
};

}  // namespace maskpipe
