#include "src/detect/pem_block.h"

#include <re2/re2.h>

#include <algorithm>

#include "src/detect/re2_bytes.h"

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

// The footer, or a line that looks like a part of the block.
std::optional<Span> PemBlock::Take(std::string_view line, uint64_t position) {
  static const RE2 footer(
      "-----END (?:[0-9A-Z]{1,16} ){0,3}PRIVATE KEY(?: BLOCK)?-----",
      Re2Bytes());
  static const RE2 long_body("[0-9A-Za-z+/]{40,}", Re2Bytes());
  re2::StringPiece at;
  if (footer.Match(ToRe2(line), 0, line.size(), RE2::UNANCHORED, &at, 1)) {
    const auto end = static_cast<uint64_t>(at.data() + at.size() - line.data());
    open_ = false;
    return Span{end_, position + end, secret_};
  }
  const size_t last = line.find_last_not_of(" \t\r");
  if (last == line.npos) return std::nullopt;
  const std::string_view text = line.substr(0, last + 1);
  const std::string_view behind =
      text.substr(std::min<size_t>(text.size(), column_));
  if (RE2::PartialMatch(ToRe2(text), long_body) || IsBody(text) ||
      IsBody(behind)) {
    begun_ = true;
    const Span span{end_, position + text.size(), secret_};
    end_ = span.end;
    return span;
  }
  open_ = behind.empty();  // blank behind its prefix
  return std::nullopt;
}

}  // namespace maskpipe
