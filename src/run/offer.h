// The socket through which a command adds secrets, and how it finds it.
//
//   Result<Offer> offer = Offer::Make();
//   added.Listen(offer->TakeOurs()); ... start the command with offer->theirs()
//   MASKPIPE_ADD_FD=N MASKPIPE_ADD_ID=device:inode
//
// The command's side:
//
//   Status s = AddSecrets(stdin_bytes);   // waits until they are masked
//
// A descriptor may be gone, or be something else, in a process that closed what
// it inherited (Python's subprocess does); so its identity is checked before a
// value is written to it.

#pragma once

#include <string>
#include <string_view>

#include "src/base/fd.h"
#include "src/base/status.h"

namespace maskpipe {

inline constexpr char kAddFdVariable[] = "MASKPIPE_ADD_FD";
inline constexpr char kAddIdVariable[] = "MASKPIPE_ADD_ID";

class Offer {
 public:
  static Result<Offer> Make();

  Fd TakeOurs() { return std::move(ours_); }
  int theirs() const { return theirs_.get(); }
  void CloseTheirs() { theirs_ = Fd(); }

  // NAME=value entries for the command's environment.
  const std::string& fd_entry() const { return fd_entry_; }
  const std::string& id_entry() const { return id_entry_; }

 private:
  Fd ours_;
  Fd theirs_;
  std::string fd_entry_;
  std::string id_entry_;
};

// Adds values, each ended by a NUL or by the end, to the run around us.
Status AddSecrets(std::string_view values);

}  // namespace maskpipe
