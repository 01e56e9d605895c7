// The replies to rsyslog's mmexternal: one message in, what is masked of it
// out.
//
//   MmExternal masker(set);
//   write(1, masker.Reply(line));   // one line, with its newline
//
// rsyslog (plugins/external/INTERFACE.md, mmexternal.c) writes a message as a
// line of JSON (interface.input="fulljson") and waits for a line of JSON with
// the properties to change. It passes a message on unchanged where no answer
// comes, so every reply to a message that is masked carries the mark
//
//   "$!": {"masked": "1"}
//
// and the configuration sends what has no mark to a quarantine.
//
// Masked are msg, rawmsg, the properties that rsyslog lets us change, and all
// strings and numbers in $!. No mark is given, and the property $!maskpipe says
// why, where a secret stands in a property that cannot be changed (programname,
// app-name, a variable's name, one that is not known) or where the line is no
// such JSON. msg and rawmsg are given back always: of a message with a NUL byte
// rsyslog shows us the part before it only, and only that part may stay.
//
// Bytes that are no UTF-8 pass as they are. Nothing is kept between messages.

#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "src/stream/compiled_set.h"

namespace maskpipe {

class MmExternal {
 public:
  // A null set: no message is marked, for the `reason` given.
  MmExternal(std::shared_ptr<const CompiledSet> set, std::string_view reason);

  // `line` without its newline, of any length.
  std::string Reply(std::string_view line) const;

  // The reply to a message that nobody read; `reason` holds no value.
  static std::string Unmarked(std::string_view reason);

 private:
  std::shared_ptr<const CompiledSet> set_;
  std::string unmarked_;
};

}  // namespace maskpipe
