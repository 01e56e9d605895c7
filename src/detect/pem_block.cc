#include "src/detect/pem_block.h"

#include <re2/re2.h>

#include <algorithm>

#include "src/detect/re2_bytes.h"
#include "src/match/characters.h"

namespace maskpipe {

bool PemBlock::GoesOn(std::string_view match, std::string_view rest) {
  return match.find("-----END ") == match.npos &&
         rest.find_first_not_of(" \t\r") == rest.npos;
}

void PemBlock::Begin(std::string_view match, uint64_t end, uint64_t column,
                     uint32_t secret) {
  open_ = true;
  // More than the header matched, as of a block with escaped line breaks.
  begun_ = match.size() > sizeof("-----BEGIN PRIVATE KEY-----") + 32;
  end_ = end;
  column_ = column;
  secret_ = secret;
}

bool PemBlock::IsBody(std::string_view text) const {
  static const RE2 header(
      "[ \t]*(?:Proc-Type|DEK-Info|Version|Comment|Charset|Hash): .*",
      Re2Bytes());
  static const RE2 body("[ \t]*(?:[0-9A-Za-z+/]+={0,2}|=[0-9A-Za-z+/]{4})",
                        Re2Bytes());
  constexpr size_t kFirst = 16;  // bytes of the first line of a body
  return RE2::FullMatch(ToRe2(text), header) ||
         (RE2::FullMatch(ToRe2(text), body) &&
          (begun_ || text.size() >= kFirst));
}

// Of the line at `position`, with the break before it if no prefix stands
// there. `begin` may lie within what belongs to the block, where the prefix is
// shorter than that of the header, or in the blanks before.
Span PemBlock::Masked(std::string_view line, uint64_t position, size_t begin,
                      size_t end) {
  const auto is_body = [&](size_t p) {
    return p < line.size() &&
           (IsAlnum(line[p]) || line[p] == '+' || line[p] == '/');
  };
  while (begin > 0 && is_body(begin) && is_body(begin - 1)) --begin;
  begin = std::min(line.find_first_not_of(" \t", begin), end);
  const Span span{column_ == 0 ? end_ : position + begin, position + end,
                  secret_};
  end_ = span.end;
  return span;
}

// The footer, or a line that looks like a part of the block.
std::optional<Span> PemBlock::Take(std::string_view line, uint64_t position) {
  static const RE2 footer(
      "-----END (?:[0-9A-Z]{1,16} ){0,3}PRIVATE KEY(?: BLOCK)?-----",
      Re2Bytes());
  static const RE2 long_body("[0-9A-Za-z+/]{40,}", Re2Bytes());
  re2::StringPiece at;
  const auto found = [&](const RE2& pattern) {
    return pattern.Match(ToRe2(line), 0, line.size(), RE2::UNANCHORED, &at, 1);
  };
  const auto begin_of = [&] {
    return static_cast<size_t>(at.data() - line.data());
  };
  const size_t column = std::min<size_t>(line.size(), column_);
  if (found(footer)) {
    open_ = false;
    return Masked(line, position, std::min(column, begin_of()),
                  begin_of() + at.size());
  }
  const size_t last = line.find_last_not_of(" \t\r");
  if (last == line.npos) return std::nullopt;
  const std::string_view text = line.substr(0, last + 1);
  const std::string_view behind = text.substr(std::min(text.size(), column));
  std::optional<size_t> begin;
  if (IsBody(behind)) {
    begin = column;
  } else if (IsBody(text)) {
    begin = 0;
  } else if (found(long_body)) {
    begin = std::min(column, begin_of());
  }
  if (begin) {
    begun_ = true;
    return Masked(line, position, *begin, text.size());
  }
  open_ = behind.empty();  // blank behind its prefix
  return std::nullopt;
}

}  // namespace maskpipe
