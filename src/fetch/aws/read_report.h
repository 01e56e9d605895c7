// What came of reading a store of secrets: what failed, by name.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "src/base/status.h"

namespace maskpipe::aws {

struct ReadReport {
  struct Failure {
    std::string name;
    std::string why;  // never holds a byte of a value
  };

  Status status;  // of what concerns all: the list, the credentials …
  bool list_denied = false;
  std::vector<Failure> failures;      // what exists and could not be read
  std::vector<std::string> warnings;  // what works but should be mended
  size_t values = 0;                  // that were read, all versions counted

  bool ok() const { return status.ok() && failures.empty(); }

  // Ok, or one message with everything that failed; `noun` is "secret" or
  // "parameter".
  Status Summary(std::string_view noun) const;
};

}  // namespace maskpipe::aws
