// maskpipe's own messages: on standard error or in a file, as text or a line of
// JSON each, by spdlog.
//
//   Status s = Log::Open(options);
//   Log::Warn("source env:X holds no secret");
//
// Once a set is compiled, each message passes through it: not even a name or
// a path can carry a secret out. One process, one log; any thread may write.

#pragma once

#include <memory>
#include <string_view>

#include "src/base/status.h"
#include "src/options/options.h"
#include "src/stream/compiled_set.h"

namespace maskpipe {

class Log {
 public:
  // Before it, messages go to standard error as text.
  static Status Open(const Options& options);

  // Every later message is masked by `set`.
  static void MaskWith(std::shared_ptr<const CompiledSet> set);

  // From here on, what is less than an error is left out: for a command whose
  // output tells the warnings itself.
  static void ErrorsOnly();

  static void Debug(std::string_view message);
  static void Info(std::string_view message);
  static void Warn(std::string_view message);
  static void Error(std::string_view message);
  // An error that is told whatever --log-level says.
  static void Loud(std::string_view message);
};

}  // namespace maskpipe
