// Secret text of one owner: moved, never copied by accident, never printed,
// overwritten when it goes.
//
//   SecretString key(text);
//   Sign(key.view());
//
// Lives on the heap (no short text within the object, which a move would leave
// behind).

#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

namespace maskpipe {

class SecretString {
 public:
  SecretString() = default;
  explicit SecretString(std::string_view text);
  SecretString(SecretString&& other) noexcept;
  SecretString& operator=(SecretString&& other) noexcept;
  ~SecretString();

  SecretString Clone() const { return SecretString(view()); }

  // Valid until this string is moved from, assigned to or gone. A NUL byte
  // follows it, so that data() is a C string where the text holds none.
  std::string_view view() const { return {data(), size_}; }
  const char* data() const { return bytes_ == nullptr ? "" : bytes_.get(); }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

 private:
  void Clear();

  std::unique_ptr<char[]> bytes_;
  size_t size_ = 0;
};

}  // namespace maskpipe
