// Percent-decoding (RFC 3986, 2.1) as Python's unquote() does it.

#pragma once

#include <cstddef>
#include <string_view>

namespace maskpipe {

// Decodes into `out`, which has room for text.size() bytes, and returns how
// many there are. A malformed escape stays as it is; `plus_is_blank` reads '+'
// as a form's blank.
inline size_t PercentDecodeTo(std::string_view text, bool plus_is_blank,
                              char* out) {
  const auto hex = [&text](size_t i) {
    const char c = text[i];
    if (c >= '0' && c <= '9') return c - '0';
    const char lower = static_cast<char>(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
  };
  size_t n = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%' && i + 2 < text.size() && hex(i + 1) >= 0 && hex(i + 2) >= 0) {
      c = static_cast<char>(hex(i + 1) << 4 | hex(i + 2));
      i += 2;
    } else if (c == '+' && plus_is_blank) {
      c = ' ';
    }
    out[n++] = c;
  }
  return n;
}

}  // namespace maskpipe
