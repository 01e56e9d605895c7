#include "src/needle/base64.h"

#include <array>
#include <cstdint>
#include <cstring>

namespace maskpipe {
namespace {

// Each two digits, by the twelve bits that they stand for.
struct Digits {
  constexpr explicit Digits(std::string_view last_two) {
    size_t n = 0;
    for (char c = 'A'; c <= 'Z'; ++c) one[n++] = c;
    for (char c = 'a'; c <= 'z'; ++c) one[n++] = c;
    for (char c = '0'; c <= '9'; ++c) one[n++] = c;
    for (char c : last_two) one[n++] = c;
    for (size_t i = 0; i < two.size(); ++i) two[i] = {one[i >> 6], one[i & 63]};
  }
  std::array<char, 64> one{};
  std::array<std::array<char, 2>, 4096> two{};
};
constexpr Digits kStandard("+/"), kUrl("-_");

}  // namespace

Base64Core EncodeBase64(std::string_view value, size_t before,
                        Base64Alphabet alphabet) {
  const Digits& digits =
      alphabet == Base64Alphabet::kStandard ? kStandard : kUrl;
  const size_t bytes = before + value.size();
  Base64Core out;
  // Characters before `first` hold bits of what stands before the value.
  const size_t first = (8 * before + 5) / 6;
  const size_t end = 8 * bytes / 6;
  out.core.resize(end > first ? end - first : 0);
  char* to = out.core.data();
  uint32_t bits = 0;  // the last that were read, `pending` of them not written
  size_t pending = 8 * before % 6, i = 8 * before / 6;
  const auto byte = [&](size_t n) {
    return static_cast<uint32_t>(static_cast<uint8_t>(value[n]));
  };
  for (size_t n = 0; n < value.size();) {
    if (pending == 0 && i >= first && n + 3 <= value.size()) {
      const uint32_t three = byte(n) << 16 | byte(n + 1) << 8 | byte(n + 2);
      std::memcpy(to, digits.two[three >> 12].data(), 2);
      std::memcpy(to + 2, digits.two[three & 4095].data(), 2);
      to += 4;
      i += 4;
      n += 3;
      continue;
    }
    bits = bits << 8 | byte(n++);
    for (pending += 8; pending >= 6; ++i) {
      pending -= 6;
      if (i >= first) *to++ = digits.one[bits >> pending & 63];
    }
  }
  if (bytes % 3 != 0) {
    out.last = digits.one[bits << (6 - pending) & 63];
    out.padding.assign(3 - bytes % 3, '=');
  }
  return out;
}

}  // namespace maskpipe
