// Fernet tokens, as Airflow's database holds them (the Fernet specification;
// cryptography.fernet.MultiFernet), decrypted by OpenSSL.
//
//   Result<FernetKeys> keys = FernetKeys::Parse("new-key,old-key");
//   std::optional<std::string> value = keys->Decrypt(token);
//
// A token is the URL-safe base64 of 0x80, a time (8 bytes), an IV (16),
// AES-128-CBC with PKCS #7 padding, and an HMAC-SHA-256 (32) over all before
// it. Its time is not looked at, as Airflow does not.

#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/status.h"

namespace maskpipe {

class FernetKeys {
 public:
  // What `[core] fernet_key` holds: keys separated by commas, the newest first.
  // An empty text holds none. Fails where a key is not 32 bytes of base64.
  static Result<FernetKeys> Parse(std::string_view text);

  bool empty() const { return keys_.empty(); }
  size_t size() const { return keys_.size(); }

  // The text that any of the keys encrypted; nothing where none did.
  std::optional<std::string> Decrypt(std::string_view token) const;

 private:
  struct Key {
    std::array<unsigned char, 16> sign;
    std::array<unsigned char, 16> encrypt;
  };

  std::vector<Key> keys_;
};

}  // namespace maskpipe
