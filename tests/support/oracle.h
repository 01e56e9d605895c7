// What masking means, in the plainest words: mark every byte of every
// occurrence, merge marked bytes that touch, replace. Slow, and obviously
// right; every engine must agree with it. For needles as they are written; in
// any spelling see spelled_oracle.h.

#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "src/match/needle.h"

namespace maskpipe::oracle {

inline bool IsWord(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c >= '0' && c <= '9');
}

// Every occurrence, by trying every needle everywhere.
inline std::vector<Span> Occurrences(const std::vector<Needle>& needles,
                                     std::string_view text) {
  std::vector<Span> found;
  for (size_t at = 0; at < text.size(); ++at) {
    for (const Needle& n : needles) {
      const size_t end = at + n.bytes.size();
      if (text.substr(at, n.bytes.size()) != n.bytes) continue;
      if (n.alone && at > 0 && IsWord(text[at - 1])) continue;
      if (n.alone && end < text.size() && IsWord(text[end])) continue;
      found.push_back({at, end, n.secret});
    }
  }
  return found;
}

// `masks[secret]` stands for each run of marked bytes; of the occurrences in
// it the one that starts first names it, then the longest, then the lowest.
inline std::string Replace(std::vector<Span> spans, std::string_view text,
                           const std::vector<std::string>& masks) {
  std::sort(spans.begin(), spans.end(), [](const Span& a, const Span& b) {
    if (a.begin != b.begin) return a.begin < b.begin;
    if (a.end != b.end) return a.end > b.end;
    return a.secret < b.secret;
  });
  std::string out;
  size_t printed = 0;
  for (size_t i = 0; i < spans.size();) {
    uint64_t end = spans[i].end;
    const Span& first = spans[i];
    for (++i; i < spans.size() && spans[i].begin <= end; ++i) {
      end = std::max(end, spans[i].end);
    }
    out += text.substr(printed, first.begin - printed);
    out += masks[first.secret];
    printed = end;
  }
  return out += text.substr(printed);
}

inline std::string Mask(const std::vector<Needle>& needles,
                        std::string_view text,
                        const std::vector<std::string>& masks) {
  return Replace(Occurrences(needles, text), text, masks);
}

// The first byte from which a needle may still come to an end behind the text.
inline uint64_t Pending(const std::vector<Needle>& needles,
                        std::string_view text) {
  for (size_t at = 0; at < text.size(); ++at) {
    const std::string_view rest = text.substr(at);
    for (const Needle& n : needles) {
      if (n.alone && at > 0 && IsWord(text[at - 1])) continue;
      const bool goes_on =
          rest.size() < n.bytes.size() && n.bytes.starts_with(rest);
      const bool waits = n.alone && rest == n.bytes;
      if (goes_on || waits) return at;
    }
  }
  return text.size();
}

}  // namespace maskpipe::oracle
