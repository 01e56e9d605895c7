// A block of PEM (RFC 7468) or of OpenPGP's armour (RFC 9580, 6) whose header
// was seen, and what of the lines behind it belongs to it.
//
//   if (PemBlock::GoesOn(match, rest)) block.Begin(match, end, column, name);
//   if (block.open()) span = block.Take(line, position);   // line by line
//
// What a logger puts before each line is as long as before the header, and is
// not masked; without it the block is one mask. Belongs to one stream; keeps no
// byte of the text.

#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "src/match/needle.h"

namespace maskpipe {

class PemBlock {
 public:
  // A line of one has at most this many bytes.
  static constexpr uint64_t kLongestLine = 4096;

  // Whether the block goes on behind its line: what matched as a header was not
  // closed there, and nothing but white space follows it.
  static bool GoesOn(std::string_view match, std::string_view rest);

  // The header, and what matched behind it, ends at position `end`; it stood
  // `column` bytes behind the beginning of its line. Spans are of `secret`.
  void Begin(std::string_view match, uint64_t end, uint64_t column,
             uint32_t secret);
  void Close() { open_ = false; }

  bool open() const { return open_; }
  // Where what is masked of a line at `position` may begin.
  uint64_t from(uint64_t position) const {
    return column_ == 0 ? end_ : position;
  }

  // A whole line at `position`: what is masked of it. Closes the block behind
  // its footer, and where the line is no part of one.
  std::optional<Span> Take(std::string_view line, uint64_t position);

 private:
  bool IsBody(std::string_view text) const;
  Span Masked(std::string_view line, uint64_t position, size_t begin,
              size_t end);

  bool open_ = false;
  bool begun_ = false;  // a line of it has been seen
  uint64_t end_ = 0;    // of what was masked last
  uint64_t column_ = 0;
  uint32_t secret_ = 0;
};

}  // namespace maskpipe
