// Characters as printers spell them: classes, digits, UTF-8.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "src/match/byte_set.h"

namespace maskpipe {

// Of ASCII.
inline bool IsAlnum(char c) {
  const char lower = static_cast<char>(c | 0x20);
  return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9');
}

// Any other that is printed, the blank too.
inline bool IsPunctuation(char c) {
  return c >= 0x20 && c < 0x7f && !IsAlnum(c);
}

// What a line feed of a needle may stand for in a text.
inline constexpr ByteSet kWhite = ByteSet::Of(" \t\n\v\f\r");
inline bool IsWhite(char c) { return kWhite.Has(c); }

// A byte of a character beyond ASCII.
inline bool IsWide(char c) { return static_cast<uint8_t>(c) >= 0x80; }

// The value of a digit, in either case; -1: it is none of the base.
inline int DigitOf(char c, uint8_t base) {
  static constexpr auto kValues = [] {
    std::array<int8_t, 256> values{};
    values.fill(-1);
    for (int i = 0; i < 10; ++i) {
      values[static_cast<size_t>('0' + i)] = static_cast<int8_t>(i);
    }
    for (int i = 0; i < 6; ++i) {
      const auto value = static_cast<int8_t>(10 + i);
      values[static_cast<size_t>('a' + i)] = value;
      values[static_cast<size_t>('A' + i)] = value;
    }
    return values;
  }();
  const int value = kValues[static_cast<uint8_t>(c)];
  return value < base ? value : -1;
}

// At most the largest number there is.
uint32_t Power(uint32_t base, unsigned exponent);

// The UTF-8 bytes of a code point (RFC 3629); none for a surrogate or beyond
// U+10FFFF. Returns their number.
size_t EncodeUtf8(uint32_t code_point, char* out);

// The first bytes of the code points from `first` to `last`.
ByteSet FirstBytes(uint32_t first, uint32_t last);

}  // namespace maskpipe
