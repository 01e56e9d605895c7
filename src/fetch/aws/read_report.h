// What came of reading a store of secrets: what failed, by name.

#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/status.h"
#include "src/fetch/aws/client.h"

namespace maskpipe::aws {

// One version's value; the view lasts for the call.
using ValueSink =
    std::function<void(const std::string& name, std::string_view value)>;

struct ReadReport {
  struct Failure {
    std::string name;
    std::string why;  // never holds a byte of a value
  };

  Status status;  // of what concerns all: the list, the credentials …
  std::vector<Failure> failures;      // what exists and could not be read
  std::vector<std::string> warnings;  // what works but should be mended
  size_t values = 0;                  // that were read, all versions counted

  bool ok() const { return status.ok() && failures.empty(); }

  // One secret that exists and could not be read.
  void Fail(const std::string& name, const Status& why,
            const std::string& what = "") {
    failures.push_back({name, what + why.message()});
  }
  // What concerns all; the first one is told.
  void FailAll(const Status& why) {
    if (status.ok()) status = why;
  }
  // A list ended so. True: it is denied, and `fallback` is read in its place;
  // else all has failed. `names_option` is how a user would tell names.
  bool ReadInstead(const Answer& answer,
                   const std::vector<std::string>& fallback,
                   const std::string& names_option);

  // Ok, or one message with everything that failed; `noun` is "secret" or
  // "parameter".
  Status Summary(std::string_view noun) const;
};

}  // namespace maskpipe::aws
