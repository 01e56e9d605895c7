#include "src/fetch/aws/form.h"

namespace maskpipe::aws {

std::string PercentEncoded(std::string_view text) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       (c >= '0' && c <= '9') || c == '-' || c == '.' ||
                       c == '_' || c == '~';
    if (plain) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return out;
}

void Form::Add(std::string_view name, std::string_view value) {
  if (!text_.empty()) text_ += '&';
  text_ += PercentEncoded(name) + '=' + PercentEncoded(value);
}

}  // namespace maskpipe::aws
