#include "src/needle/base64.h"

#include <cstdint>

namespace maskpipe {

Base64Core EncodeBase64(std::string_view value, size_t before,
                        Base64Alphabet alphabet) {
  const char* const digits =
      alphabet == Base64Alphabet::kStandard
          ? "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
          : "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const size_t bytes = before + value.size();
  Base64Core out;
  // Characters before `first` hold bits of what stands before the value.
  const size_t first = (8 * before + 5) / 6;
  const size_t end = 8 * bytes / 6;
  out.core.reserve(end > first ? end - first : 0);
  uint32_t bits = 0;  // the last that were read, `pending` of them not written
  size_t pending = 8 * before % 6, i = 8 * before / 6;
  for (char c : value) {
    bits = bits << 8 | static_cast<uint8_t>(c);
    for (pending += 8; pending >= 6; ++i) {
      pending -= 6;
      if (i >= first) out.core += digits[bits >> pending & 63];
    }
  }
  if (bytes % 3 != 0) {
    out.last = digits[bits << (6 - pending) & 63];
    out.padding.assign(3 - bytes % 3, '=');
  }
  return out;
}

}  // namespace maskpipe
