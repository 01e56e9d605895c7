#include "src/match/characters.h"

#include <algorithm>
#include <limits>

namespace maskpipe {

ByteSet FirstBytes(uint32_t first, uint32_t last) {
  ByteSet set;
  char from[4], to[4];
  constexpr uint32_t kLast = 0x10ffff;
  if (first > kLast) return set;
  if (first >= 0xd800 && first <= 0xdfff) first = 0xe000;
  last = std::min(last, kLast);
  if (last >= 0xd800 && last <= 0xdfff) last = 0xd7ff;
  if (first > last) return set;
  EncodeUtf8(first, from);
  EncodeUtf8(last, to);
  const auto low = static_cast<uint8_t>(from[0]);
  const auto high = static_cast<uint8_t>(to[0]);
  set.AddRange(low, high);  // the others between are no first bytes: no harm
  return set;
}

uint32_t Power(uint32_t base, unsigned exponent) {
  uint64_t power = 1;
  while (exponent-- > 0) {
    power =
        std::min<uint64_t>(power * base, std::numeric_limits<uint32_t>::max());
  }
  return static_cast<uint32_t>(power);
}

size_t EncodeUtf8(uint32_t c, char* out) {
  const auto byte = [](uint32_t b) { return static_cast<char>(b); };
  if (c < 0x80) {
    out[0] = byte(c);
    return 1;
  }
  if (c < 0x800) {
    out[0] = byte(0xc0 | c >> 6);
    out[1] = byte(0x80 | (c & 0x3f));
    return 2;
  }
  if (c < 0x10000) {
    if (c >= 0xd800 && c <= 0xdfff) return 0;
    out[0] = byte(0xe0 | c >> 12);
    out[1] = byte(0x80 | (c >> 6 & 0x3f));
    out[2] = byte(0x80 | (c & 0x3f));
    return 3;
  }
  if (c > 0x10ffff) return 0;
  out[0] = byte(0xf0 | c >> 18);
  out[1] = byte(0x80 | (c >> 12 & 0x3f));
  out[2] = byte(0x80 | (c >> 6 & 0x3f));
  out[3] = byte(0x80 | (c & 0x3f));
  return 4;
}

}  // namespace maskpipe
