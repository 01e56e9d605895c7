#include "src/stream/mask_text.h"

#include <sodium.h>

#include <array>
#include <mutex>

#include "src/base/arena.h"
#include "src/secret/text.h"

namespace maskpipe {
namespace {

constexpr std::string_view kName = "{name}";
constexpr std::string_view kHash = "{hash}";
constexpr std::string_view kUnhashed = "********";
constexpr size_t kLeastHashed = 12;  // characters
constexpr size_t kHashBytes = 4;

}  // namespace

std::shared_ptr<const HashKey> HashKey::OfThisProcess() {
  static std::mutex mutex;
  static std::shared_ptr<const HashKey> of_this_process;
  const std::lock_guard<std::mutex> lock(mutex);
  if (of_this_process != nullptr && of_this_process->arena_.intact()) {
    return of_this_process;
  }
  char bytes[crypto_auth_hmacsha256_KEYBYTES];
  ::randombytes_buf(bytes, sizeof bytes);
  std::shared_ptr<const HashKey> key = FromBytes({bytes, sizeof bytes});
  Wipe(bytes, sizeof bytes);
  of_this_process = key;
  return key;
}

std::shared_ptr<const HashKey> HashKey::FromBytes(std::string_view bytes) {
  std::shared_ptr<HashKey> key(new HashKey);
  key->key_ = key->arena_.Copy(bytes);
  return key;
}

std::string HashKey::Hash(std::string_view value) const {
  const auto bytes = [](std::string_view s) {
    return reinterpret_cast<const unsigned char*>(s.data());
  };
  std::array<unsigned char, crypto_auth_hmacsha256_BYTES> mac{};
  crypto_auth_hmacsha256_state state;
  crypto_auth_hmacsha256_init(&state, bytes(key_), key_.size());
  crypto_auth_hmacsha256_update(&state, bytes(value), value.size());
  crypto_auth_hmacsha256_final(&state, mac.data());
  Wipe(&state, sizeof state);
  std::string hex(2 * kHashBytes + 1, '\0');
  ::sodium_bin2hex(hex.data(), hex.size(), mac.data(), kHashBytes);
  hex.pop_back();  // its NUL
  return hex;
}

Result<MaskTemplate> MaskTemplate::Parse(std::string text) {
  if (text.empty()) {
    return Status::Usage(
        "the mask is empty: a reader could not see that something was masked");
  }
  if (text.find_first_of("\r\n") != text.npos) {
    return Status::Usage(
        "the mask holds a line break: it would change the log's lines");
  }
  return MaskTemplate(std::move(text));
}

std::string MaskTemplate::Render(std::string_view name, std::string_view value,
                                 const HashKey& key) const {
  std::string out;
  for (size_t i = 0; i < text_.size();) {
    const std::string_view rest = std::string_view(text_).substr(i);
    if (rest.starts_with(kName)) {
      out += name;
      i += kName.size();
    } else if (rest.starts_with(kHash)) {
      out += Characters(value) < kLeastHashed ? std::string(kUnhashed)
                                              : key.Hash(value);
      i += kHash.size();
    } else {
      out += text_[i++];
    }
  }
  return out;
}

}  // namespace maskpipe
