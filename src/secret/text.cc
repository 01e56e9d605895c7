#include "src/secret/text.h"

#include <algorithm>
#include <cstdint>

namespace maskpipe {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }
bool IsLower(char c) { return c >= 'a' && c <= 'z'; }
bool IsPunctuation(char c) {
  return c > ' ' && c < 0x7f && !IsDigit(c) && !IsUpper(c) && !IsLower(c);
}

// Bytes of the UTF-8 sequence at the start of `text`; 0 where it is malformed,
// overlong, a surrogate or above U+10FFFF.
size_t SequenceLength(std::string_view text) {
  const auto byte = [&](size_t i) {
    return i < text.size() ? static_cast<uint8_t>(text[i]) : 0u;
  };
  const auto follows = [&](size_t i) { return (byte(i) & 0xc0) == 0x80; };
  const unsigned lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead <= 0xdf) return follows(1) ? 2 : 0;
  if (lead >= 0xe0 && lead <= 0xef) {
    if (!follows(1) || !follows(2)) return 0;
    if (lead == 0xe0 && byte(1) < 0xa0) return 0;
    if (lead == 0xed && byte(1) > 0x9f) return 0;
    return 3;
  }
  if (lead >= 0xf0 && lead <= 0xf4) {
    if (!follows(1) || !follows(2) || !follows(3)) return 0;
    if (lead == 0xf0 && byte(1) < 0x90) return 0;
    if (lead == 0xf4 && byte(1) > 0x8f) return 0;
    return 4;
  }
  return 0;
}

}  // namespace

std::string_view Trim(std::string_view text) {
  const size_t begin = text.find_first_not_of(kWhiteSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kWhiteSpace) - begin + 1);
}

size_t Characters(std::string_view text) {
  size_t count = 0;
  for (size_t i = 0; i < text.size(); ++count) {
    const size_t length = SequenceLength(text.substr(i));
    if (length == 0) return text.size();
    i += length;
  }
  return count;
}

std::string_view Unquote(std::string_view text) {
  if (text.size() < 2 || text.front() != text.back()) return text;
  if (text.front() != '"' && text.front() != '\'') return text;
  return text.substr(1, text.size() - 2);
}

std::vector<std::string_view> Lines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const size_t end = std::min(text.find_first_of("\r\n"), text.size());
    const std::string_view line = Trim(text.substr(0, end));
    if (!line.empty()) lines.push_back(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

bool IsPemArmour(std::string_view line) {
  return (line.starts_with("-----BEGIN ") || line.starts_with("-----END ")) &&
         line.ends_with("-----");
}

bool IsOneSymbol(std::string_view text) {
  return !text.empty() && IsPunctuation(text[0]) &&
         text.find_first_not_of(text[0]) == std::string_view::npos;
}

bool IsDistinctive(std::string_view line) {
  const auto any = [&](bool (*of_kind)(char)) {
    return std::any_of(line.begin(), line.end(), of_kind);
  };
  return any(IsDigit) || any(IsPunctuation) || (any(IsUpper) && any(IsLower));
}

}  // namespace maskpipe
