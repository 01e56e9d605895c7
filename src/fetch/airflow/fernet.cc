#include "src/fetch/airflow/fernet.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sodium.h>

#include <algorithm>
#include <memory>

#include "src/base/arena.h"
#include "src/secret/text.h"

namespace maskpipe {
namespace {

constexpr size_t kHeader = 1 + 8;  // version and time
constexpr size_t kIv = 16;
constexpr size_t kBlock = 16;
constexpr size_t kMac = 32;

// Python's urlsafe_b64decode takes both alphabets.
std::optional<std::string> FromBase64(std::string_view text) {
  std::string bytes(text.size(), '\0');
  for (const int variant :
       {sodium_base64_VARIANT_URLSAFE, sodium_base64_VARIANT_ORIGINAL}) {
    size_t size = 0;
    if (::sodium_base642bin(reinterpret_cast<unsigned char*>(bytes.data()),
                            bytes.size(), text.data(), text.size(), "\r\n ",
                            &size, nullptr, variant) == 0) {
      bytes.resize(size);
      return bytes;
    }
  }
  return std::nullopt;
}

const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

bool IsSignedBy(std::string_view token,
                const std::array<unsigned char, 16>& key) {
  const std::string_view body = token.substr(0, token.size() - kMac);
  unsigned char mac[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  return ::HMAC(::EVP_sha256(), key.data(), static_cast<int>(key.size()),
                Bytes(body), body.size(), mac, &size) != nullptr &&
         size == kMac &&
         ::CRYPTO_memcmp(mac, token.data() + body.size(), kMac) == 0;
}

std::optional<std::string> DecryptAes(
    std::string_view iv, std::string_view text,
    const std::array<unsigned char, 16>& key) {
  const std::unique_ptr<EVP_CIPHER_CTX, decltype(&::EVP_CIPHER_CTX_free)> aes(
      ::EVP_CIPHER_CTX_new(), &::EVP_CIPHER_CTX_free);
  std::string out(text.size() + kBlock, '\0');
  auto* const begin = reinterpret_cast<unsigned char*>(out.data());
  int size = 0, rest = 0;
  if (aes == nullptr ||
      ::EVP_DecryptInit_ex(aes.get(), ::EVP_aes_128_cbc(), nullptr, key.data(),
                           Bytes(iv)) != 1 ||
      ::EVP_DecryptUpdate(aes.get(), begin, &size, Bytes(text),
                          static_cast<int>(text.size())) != 1 ||
      ::EVP_DecryptFinal_ex(aes.get(), begin + size, &rest) != 1) {
    Wipe(out.data(), out.size());
    return std::nullopt;
  }
  out.resize(static_cast<size_t>(size + rest));
  return out;
}

}  // namespace

Result<FernetKeys> FernetKeys::Parse(std::string_view text) {
  FernetKeys keys;
  size_t number = 0;
  while (!Trim(text).empty()) {
    const size_t end = std::min(text.find(','), text.size());
    const std::string_view one = Trim(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    ++number;
    std::optional<std::string> bytes = FromBase64(one);
    Key key;
    if (!bytes.has_value() ||
        bytes->size() != key.sign.size() + key.encrypt.size()) {
      return Status::Source(
          "Fernet key " + std::to_string(number) +
          " of [core] fernet_key is not 32 bytes of URL-safe base64");
    }
    const auto middle =
        bytes->begin() + static_cast<ptrdiff_t>(key.sign.size());
    std::copy(bytes->begin(), middle, key.sign.begin());
    std::copy(middle, bytes->end(), key.encrypt.begin());
    Wipe(bytes->data(), bytes->size());
    keys.keys_.push_back(key);
  }
  return keys;
}

std::optional<std::string> FernetKeys::Decrypt(std::string_view token) const {
  const std::optional<std::string> raw = FromBase64(Trim(token));
  constexpr size_t kLeast = kHeader + kIv + kBlock + kMac;
  constexpr size_t kMost = size_t{64} << 20;
  if (!raw.has_value() || raw->size() < kLeast || raw->size() > kMost ||
      static_cast<unsigned char>((*raw)[0]) != 0x80) {
    return std::nullopt;
  }
  const std::string_view view = *raw;
  const std::string_view iv = view.substr(kHeader, kIv);
  const std::string_view text =
      view.substr(kHeader + kIv, view.size() - kHeader - kIv - kMac);
  if (text.size() % kBlock != 0) return std::nullopt;
  for (const Key& key : keys_) {
    if (IsSignedBy(view, key.sign)) return DecryptAes(iv, text, key.encrypt);
  }
  return std::nullopt;
}

}  // namespace maskpipe
