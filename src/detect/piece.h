// What a pattern sees of a text: a window of a line.

#pragma once

#include <re2/re2.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <string_view>

#include "src/detect/re2_bytes.h"
#include "src/match/needle.h"

namespace maskpipe {

// [begin, end) of the window of a line that is read; all but `whole` ones go
// on behind their end.
struct Piece {
  const Window& text;
  uint64_t begin, end;
  bool whole;
  bool line_ends;  // a newline or the end of the stream follows
  const std::function<void(const Span&)>& on_span;

  // What RE2 sees: all of it that is still there, since what stands before a
  // match tells \b and ^.
  uint64_t seen_from() const { return std::max(begin, text.offset); }
  std::string_view seen() const {
    return text.bytes.substr(seen_from() - text.offset, end - seen_from());
  }
  std::string_view sub(uint64_t from, uint64_t to) const {
    return text.bytes.substr(from - text.offset, to - from);
  }
  // RE2 knows ^ by the beginning of what it sees.
  bool Match(const RE2& pattern, uint64_t from, uint64_t to, RE2::Anchor anchor,
             re2::StringPiece* groups, int count) const {
    const std::string_view all = seen();
    return pattern.Match(ToRe2(all), from - seen_from(), to - seen_from(),
                         anchor, groups, count);
  }
  uint64_t position(const char* p) const {
    return text.offset + static_cast<uint64_t>(p - text.bytes.data());
  }
  bool Full(const RE2* pattern, uint64_t from, uint64_t to) const {
    return pattern == nullptr ||
           Match(*pattern, from, to, RE2::ANCHOR_BOTH, nullptr, 0);
  }
};

}  // namespace maskpipe
