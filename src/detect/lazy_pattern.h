// A pattern that is compiled when it is first needed: most are not, in most
// runs.

#pragma once

#include <re2/re2.h>

#include <memory>
#include <mutex>
#include <string>

#include "src/detect/re2_bytes.h"

namespace maskpipe {

// Threads may share one.
class LazyPattern {
 public:
  explicit LazyPattern(std::string text) : text_(std::move(text)) {}

  // Null where RE2 finds it too large.
  const RE2* get() const {
    std::call_once(once_, [this] {
      auto pattern = std::make_unique<RE2>(text_, Re2Bytes());
      if (pattern->ok()) pattern_ = std::move(pattern);
    });
    return pattern_.get();
  }

 private:
  std::string text_;
  mutable std::once_flag once_;
  mutable std::unique_ptr<const RE2> pattern_;
};

}  // namespace maskpipe
