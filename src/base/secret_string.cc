#include "src/base/secret_string.h"

#include <cstring>
#include <utility>

#include "src/base/arena.h"

namespace maskpipe {

SecretString::SecretString(std::string_view text) : size_(text.size()) {
  if (text.empty()) return;
  bytes_ = std::make_unique<char[]>(size_ + 1);
  std::memcpy(bytes_.get(), text.data(), size_);
}

SecretString::SecretString(SecretString&& other) noexcept
    : bytes_(std::move(other.bytes_)), size_(std::exchange(other.size_, 0)) {}

SecretString& SecretString::operator=(SecretString&& other) noexcept {
  if (this == &other) return *this;
  Clear();
  bytes_ = std::move(other.bytes_);
  size_ = std::exchange(other.size_, 0);
  return *this;
}

SecretString::~SecretString() { Clear(); }

void SecretString::Clear() {
  if (bytes_ != nullptr) Wipe(bytes_.get(), size_);
  bytes_.reset();
  size_ = 0;
}

}  // namespace maskpipe
