// Errors as values: what failed, for whom it is to mend, and how.
//
//   Status s = source.Load(&store);
//   if (!s.ok()) return s;
//
// A message names a secret, a source or a file, never a value.

#pragma once

#include <cassert>
#include <optional>
#include <string>
#include <utility>

namespace maskpipe {

// What kind of thing failed; the front turns it into an exit status.
enum class Code {
  kOk,
  kUsage,   // an option, a SPEC or a mask text that cannot be used
  kSource,  // a source that could not be read
  kIo,      // reading the log or writing the masked one
  kBroken,  // a masker that must not be used, e.g. in a forked child
};

class [[nodiscard]] Status {
 public:
  Status() = default;
  static Status Ok() { return {}; }
  static Status Usage(std::string m) { return {Code::kUsage, std::move(m)}; }
  static Status Source(std::string m) { return {Code::kSource, std::move(m)}; }
  static Status Io(std::string m) { return {Code::kIo, std::move(m)}; }
  static Status Broken(std::string m) { return {Code::kBroken, std::move(m)}; }

  // A word for machines on why it failed: "no-region", "denied" … Empty where
  // nobody needs to tell it from others.
  Status WithReason(std::string reason) && {
    reason_ = std::move(reason);
    return std::move(*this);
  }

  bool ok() const { return code_ == Code::kOk; }
  Code code() const { return code_; }
  const std::string& message() const { return message_; }
  const std::string& reason() const { return reason_; }

 private:
  Status(Code code, std::string message)
      : code_(code), message_(std::move(message)) {}

  Code code_ = Code::kOk;
  std::string message_;
  std::string reason_;
};

// A value, or the reason why there is none.
template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::move(value)) {}         // NOLINT: by design
  Result(Status status) : status_(std::move(status)) {  // NOLINT: by design
    assert(!status_.ok());
  }

  bool ok() const { return value_.has_value(); }
  const Status& status() const { return status_; }
  T& operator*() { return *value_; }
  const T& operator*() const { return *value_; }
  T* operator->() { return &*value_; }
  const T* operator->() const { return &*value_; }

 private:
  std::optional<T> value_;
  Status status_;
};

}  // namespace maskpipe
