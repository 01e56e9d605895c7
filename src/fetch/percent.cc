#include "src/fetch/percent.h"

#include <algorithm>

#include "src/base/percent.h"

namespace maskpipe {
namespace {

bool IsUnreserved(char c) {
  const char lower = static_cast<char>(c | 0x20);
  return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '.' || c == '-' || c == '~';
}

std::string Decode(std::string_view text, bool plus_is_blank) {
  std::string out(text.size(), '\0');
  out.resize(PercentDecodeTo(text, plus_is_blank, out.data()));
  return out;
}

}  // namespace

std::string PercentEncode(std::string_view text, std::string_view safe) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  out.reserve(3 * text.size());
  for (const char c : text) {
    if (IsUnreserved(c) || safe.find(c) != safe.npos) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return out;
}

std::string PercentEncodePlus(std::string_view text) {
  std::string out = PercentEncode(text, " ");
  std::replace(out.begin(), out.end(), ' ', '+');
  return out;
}

std::string PercentDecode(std::string_view text) { return Decode(text, false); }

std::string PercentDecodePlus(std::string_view text) {
  return Decode(text, true);
}

std::vector<std::pair<std::string, std::string>> ParseQuery(
    std::string_view query) {
  std::vector<std::pair<std::string, std::string>> out;
  while (!query.empty()) {
    const size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (pair.empty()) continue;
    const size_t equals = std::min(pair.find('='), pair.size());
    out.emplace_back(
        PercentDecodePlus(pair.substr(0, equals)),
        PercentDecodePlus(pair.substr(std::min(equals + 1, pair.size()))));
  }
  return out;
}

}  // namespace maskpipe
