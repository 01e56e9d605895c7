// What works but should be mended, or why it does not work: found while sources
// are read, told by `maskpipe check` and as a log message. Never a value.

#pragma once

#include <string>
#include <utility>

namespace maskpipe {

struct Warning {
  // What kind it is, for machines: "near-miss", "wrong-prefix" …
  std::string code = "warning";
  std::string text{};  // what is found, and where
  std::string mend{};  // what to do; empty: the text says it

  Warning() = default;
  Warning(std::string t) : text(std::move(t)) {}  // NOLINT: by design
  Warning(const char* t) : text(t) {}             // NOLINT: by design
  Warning(std::string c, std::string t, std::string m)
      : code(std::move(c)), text(std::move(t)), mend(std::move(m)) {}

  bool operator==(const Warning&) const = default;

  // As one sentence for a message.
  std::string Sentence() const {
    return mend.empty() ? text : text + "; " + mend;
  }
};

}  // namespace maskpipe
