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
  const auto byte = [&](size_t i) {
    return i < before || i >= bytes
               ? uint32_t{0}
               : static_cast<uint32_t>(static_cast<uint8_t>(value[i - before]));
  };
  // Character i holds the bits from 6 i on.
  const auto character = [&](size_t i) {
    const size_t bit = 6 * i;
    const uint32_t pair = byte(bit / 8) << 8 | byte(bit / 8 + 1);
    return digits[pair >> (10 - bit % 8) & 63];
  };
  Base64Core out;
  const size_t first = (8 * before + 5) / 6;
  const size_t end = 8 * bytes / 6;
  out.core.reserve(end > first ? end - first : 0);
  for (size_t i = first; i < end; ++i) out.core += character(i);
  if (bytes % 3 != 0) {
    out.last = character(end);
    out.padding.assign(3 - bytes % 3, '=');
  }
  return out;
}

}  // namespace maskpipe
