// The spelling table: every way in which a printer may write a character of a
// secret, other than as it is.
//
//   for (const SpellingRow& row : StandardSpellings()) ...
//
// It is the only place that knows them. The reader (spelling_reader.h), the
// bytes at which the filter looks for more than raw text, and what is held back
// inside half an escape are all derived from it.
//
// A *unit* is what a row stands for: a byte, or the UTF-8 bytes of a code
// point. Text is read in levels: at level 0 every byte is itself. At level n a
// row may be read whose punctuation is read at level n-1, while its letters and
// digits are raw: `%252F` is a slash at level 2, for `%25` is a percent sign at
// level 1. No printer spells the letters of an escape, and so the spelled
// length stays linear in the levels.

#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace maskpipe {

// JSON in JSON in JSON is common; deeper is not.
inline constexpr int kSpellingLevels = 3;

// What the digits or the text that a row matched stand for.
enum class SpelledValue : uint8_t {
  kFixed,            // SpellingRow::unit
  kByte,             // the byte of that number
  kByteOrCodePoint,  // both, where they differ (80 and above)
  kCodePoint,
  kCodeUnit,  // of UTF-16: a code point, or half of a surrogate pair
  kSame,      // the character that <punct> or <wide> read
  kNamed,     // the entity that <name> read
  kRepeated,  // SpellingRow::unit, as often as <quotes> read it
};

struct SpellingRow {
  // Characters stand for themselves. In angle brackets:
  //   <xN>, <xM-N>  N, or M to N, hexadecimal digits, in either case
  //   <oM-N> <dM-N> octal, decimal digits
  //   <punct>       an ASCII character that is no letter, digit or control
  //   <wide>        a byte beyond ASCII, as it is
  //   <name>        a name of the entity table
  //   <quotes>      SpellingRow::unit, once or more
  std::string_view pattern;
  SpelledValue value = SpelledValue::kFixed;
  std::string_view unit{};
  std::string_view printers{};  // who writes it so
  std::string_view source{};    // where that is laid down
};

std::span<const SpellingRow> StandardSpellings();

struct NamedEntity {
  std::string_view name;
  uint32_t code_point;
};

// In the order of the names.
std::span<const NamedEntity> NamedEntities();

}  // namespace maskpipe
