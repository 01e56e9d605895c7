// The text that stands for a masked region.
//
//   Result<MaskTemplate> t = MaskTemplate::Parse("[{name}]");
//   std::string mask = t->Render("db/password", value, key);
//
// {name} is the secret's name, which the caller makes printable; {hash} the
// first 8 hex digits of HMAC-SHA-256 (RFC 2104) of the value, so that two logs
// can be compared, or ******** for values of fewer than 12 characters, which a
// reader could guess. Anything else stands for itself.

#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "src/base/arena.h"
#include "src/base/status.h"

namespace maskpipe {

class HashKey {
 public:
  // The key of this process alone, the same at each call: hashes of another
  // run differ. A forked child gets one of its own. Thread-safe.
  static std::shared_ptr<const HashKey> OfThisProcess();
  // A key from --hash-key-file, of any length; what HMAC makes of it.
  static std::shared_ptr<const HashKey> FromBytes(std::string_view bytes);
  HashKey(const HashKey&) = delete;
  HashKey& operator=(const HashKey&) = delete;

  // 8 lower-case hex digits.
  std::string Hash(std::string_view value) const;

 private:
  HashKey() = default;
  Arena arena_;
  std::string_view key_;  // in the arena
};

class MaskTemplate {
 public:
  // Refuses an empty text and one with a line break.
  static Result<MaskTemplate> Parse(std::string text);

  std::string Render(std::string_view name, std::string_view value,
                     const HashKey& key) const;

 private:
  explicit MaskTemplate(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

}  // namespace maskpipe
