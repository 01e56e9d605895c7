#include "src/match/raw_noise.h"

namespace maskpipe {

size_t EndOfTerminalSequence(std::string_view text, size_t p) {
  const size_t limit = p + kLongestTerminalSequence;
  if (p + 1 >= text.size()) return text.npos;
  if (text[p + 1] == '(') return p + 2 < text.size() ? p + 3 : text.npos;
  if (text[p + 1] != '[') return 0;
  for (size_t i = p + 2; i < limit; ++i) {
    if (i >= text.size()) return text.npos;
    const char c = text[i];
    if (c >= 0x40 && c <= 0x7e) return i + 1;
    if (c < 0x20 || c > 0x3f) return 0;
  }
  return 0;
}

size_t EndOfRawBreak(std::string_view text, size_t p) {
  constexpr size_t kMostReturns = 8;
  const size_t begin = p;
  while (p < text.size() && text[p] == '\r' && p - begin < kMostReturns) ++p;
  if (p >= text.size()) return text.npos;
  if (text[p++] != '\n') return 0;
  const size_t indentation = p;
  while (p < text.size() && (text[p] == ' ' || text[p] == '\t') &&
         p - indentation < kLongestIndentation) {
    ++p;
  }
  return p == text.size() ? text.npos : p;
}

}  // namespace maskpipe
