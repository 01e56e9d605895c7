#include "src/fetch/aws/digest.h"

#include <openssl/evp.h>

namespace maskpipe::aws {
namespace {

std::string Hex(const EVP_MD* algorithm, std::string_view text) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (::EVP_Digest(text.data(), text.size(), digest, &size, algorithm,
                   nullptr) != 1) {
    return {};  // no file has this name
  }
  constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (unsigned i = 0; i < size; ++i) {
    out += {kDigits[digest[i] >> 4], kDigits[digest[i] & 15]};
  }
  return out;
}

}  // namespace

std::string Sha1Hex(std::string_view text) { return Hex(::EVP_sha1(), text); }
std::string Sha256Hex(std::string_view text) {
  return Hex(::EVP_sha256(), text);
}

}  // namespace maskpipe::aws
