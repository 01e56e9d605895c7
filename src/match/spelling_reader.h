// Reads the units that stand at a place of a text, in every spelling of a table
// (spelling_table.h).
//
//   SpellingReader reader(StandardSpellings());
//   Readings readings;
//   reader.Read(text, p, &readings);
//   for (const Reading& r : readings) ...   // the raw byte first
//
// Where the text ends inside an escape, `readings.cut` says which units it may
// yet become. Terminal sequences and line breaks are also skipped inside an
// escape, since `fold` and `grep --color` know nothing of escapes; a break is
// noted in the reading.
//
// Immutable and shared by threads. The work at one place is bounded by the
// table and the levels, whatever the text.

#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "src/match/byte_set.h"
#include "src/match/characters.h"
#include "src/match/lent.h"
#include "src/match/spelling_rules.h"
#include "src/match/spelling_table.h"

namespace maskpipe {

struct Reading {
  static constexpr size_t kMostBytes = 8;

  std::string_view unit() const { return {bytes.data(), size}; }

  // Not initialised: lists of readings are made at every other byte.
  std::array<char, kMostBytes> bytes;
  uint8_t size;        // of the unit, in bytes
  bool raw;            // the byte itself, no escape
  size_t end;          // where the text goes on
  size_t after_break;  // behind the last line break inside; 0: there is none
};

class Readings {
 public:
  Readings() {}  // leaves the list's room as it is
  Readings(const Readings& other) { *this = other; }
  Readings& operator=(const Readings& other) {
    std::copy(other.begin(), other.end(), list_.begin());
    size_ = other.size_;
    cut = other.cut;
    broken_cut = other.broken_cut;
    broken_at = other.broken_at;
    return *this;
  }
  void Clear() {
    size_ = 0;
    cut = broken_cut = ByteSet();
    broken_at = 0;
  }
  const Reading* begin() const { return list_.data(); }
  const Reading* end() const { return list_.data() + size_; }
  size_t size() const { return size_; }
  const Reading& operator[](size_t i) const { return list_[i]; }
  // Keeps one of equal ones.
  void Add(const Reading& reading);

  // The first bytes of the units that the text may yet spell here, where it
  // ends too early to tell; and those that it may where it was broken before,
  // the earliest such break.
  ByteSet cut;
  ByteSet broken_cut;
  size_t broken_at = 0;

 private:
  // What would be beyond is not read. In a million random mixtures of three
  // levels and broken lines 25 stood at one place, in every second one less;
  // a text made for it could have more.
  static constexpr size_t kMost = 64;
  std::array<Reading, kMost> list_;
  size_t size_ = 0;
};

class SpellingReader {
 public:
  // The rows' texts must outlive the reader.
  explicit SpellingReader(std::span<const SpellingRow> rows);

  // Another for each reader there is or was; never 0.
  uint64_t id() const { return id_; }

  // What can be read at `p`, before the text's end, at all levels up to one.
  void Read(std::string_view text, size_t p, Readings* out,
            int level = kSpellingLevels) const;

  // The same, to be read again and again; it lasts until more is read.
  const Readings& ReadAt(std::string_view text, size_t p) const;

  // The same for what nearly always stands there: the raw byte, or an escape of
  // raw bytes. False where only Read() can tell; `out` is then of no use.
  bool ReadSimple(std::string_view text, size_t p, Readings* out) const;

  // The same where the first few bytes tell: nothing but the raw byte, or one
  // unit of one byte besides.
  enum class Short { kNothing, kUnit, kUnknown };
  Short ReadShort(std::string_view text, size_t p, char* unit,
                  size_t* end) const;

  // Whether more than the raw byte may be read at a place with this byte.
  bool Leads(char c) const { return rules_.leads().Has(c); }
  const ByteSet& leads() const { return rules_.leads(); }
  // Whether more than the raw `lead` may be read where `next` follows.
  bool MayFollow(char lead, char next) const {
    return rules_.follows(lead).Has(next);
  }
  // Whether an escape may begin at `p`.
  bool MaySpell(std::string_view text, size_t p) const {
    return Leads(text[p]) && MayGoOn(text[p], text, p + 1);
  }
  // Whether an escape that was begun by `lead` may go on at `p`.
  bool MayGoOn(char lead, std::string_view text, size_t p) const {
    if (p == text.size()) return true;
    if (rules_.raw_follows(lead).Has(text[p])) return true;
    if (!rules_.follows(lead).Has(text[p])) return false;
    // It is none that may stand there, but it may spell one.
    return p + 1 == text.size() ||
           MayBecome(text[p], text[p + 1]).Meets(rules_.raw_follows(lead));
  }
  // The first bytes of all that may be read, but for the raw byte, where a lead
  // is followed by `next`.
  const ByteSet& MayBecome(char lead, char next) const {
    return rules_.may_become(lead, next);
  }

 private:
  using Element = SpellingRules::Element;
  using Row = SpellingRules::Row;

  // What a row has read so far. Not initialised: lists of them are made.
  struct Progress {
    static Progress At(size_t p, size_t after_break) {
      return {.p = p,
              .after_break = after_break,
              .value = 0,
              .high = 0,
              .repeats = 0,
              .same = 0,
              .known = false};
    }
    bool Equals(const Progress& o) const {
      return p == o.p && value == o.value && high == o.high &&
             repeats == o.repeats && same == o.same && known == o.known;
    }
    size_t p;
    size_t after_break;
    uint32_t value;
    uint32_t high;  // the first half of a surrogate pair
    uint8_t repeats;
    char same;
    bool known;  // the value is complete
  };
  // Where a row may have come to, each once: a row is read from all of them, so
  // that the work grows with their number, not with the ways that lead there.
  struct Places {
    // Quotes that are spelled at three levels end in tens of places, one to
    // seven of them each: of 900,000 random mixtures one came to 97, and each
    // eight more were half as often.
    static constexpr size_t kMost = 256;
    Places() {}  // leaves the list's room as it is
    void Clear() { size = 0; }
    void Add(const Progress& place) {
      for (size_t i = 0; i < size; ++i) {
        if (!list[i].Equals(place)) continue;
        list[i].after_break = std::min(list[i].after_break, place.after_break);
        return;
      }
      if (size < kMost) list[size++] = place;
    }
    const Progress* begin() const { return list.data(); }
    const Progress* end() const { return list.data() + size; }
    std::array<Progress, kMost> list;
    size_t size = 0;
  };
  using LentPlaces = Lent<Places>;  // 8 KiB each
  // A character that leads rows, among readings of which those before `before`
  // were known at the level below.
  struct Lead {
    char c;
    size_t before;
    size_t known;
  };
  // One attempt at a row.
  struct Attempt {
    std::string_view text;
    const Row& row;
    int punctuation_level;
    Readings* out;
  };

  Short ReadShortName(std::string_view text, size_t p, char closing) const;
  void Units(std::string_view text, size_t p, int level, Readings* out) const;
  const Readings& Inner(std::string_view text, size_t p, int level) const;
  enum class Simple { kNone, kRead, kUnknown };
  Simple MatchSimple(const Attempt& attempt, Progress so_far) const;
  void Rows(std::string_view text, const Lead& lead, int level,
            Readings* out) const;
  void Match(const Attempt& a, size_t element, LentPlaces* places) const;
  void Step(const Attempt& a, const Element& e, Progress at,
            Places* next) const;
  void Quotes(const Attempt& a, const Element& e, const Progress& at,
              Places* next) const;
  void Digits(const Attempt& a, const Element& e, Progress at,
              Places* next) const;
  void Name(const Attempt& a, Progress at, Places* next) const;
  template <typename F>
  void Punctuation(const Attempt& a, const Element& e, const Progress& so_far,
                   F&& each) const;
  static ByteSet Possible(const Attempt& a, const Progress& so_far);
  void Complete(const Attempt& a, const Progress& so_far) const;
  void Emit(const Attempt& a, const Progress& so_far,
            std::string_view unit) const;
  void Cut(const Attempt& a, const Progress& so_far,
           const ByteSet& values) const;
  static void SkipRawNoise(const Attempt& a, Progress* so_far);

  uint64_t id_;
  SpellingRules rules_;
};

inline SpellingReader::Short SpellingReader::ReadShort(std::string_view text,
                                                       size_t p, char* unit,
                                                       size_t* end) const {
  using S = SpellingRules::Short;
  if (text.size() - p < 4) return Short::kUnknown;
  const char lead = text[p], next = text[p + 1], third = text[p + 2];
  const ByteSet& stops = rules_.stops();
  const S& s = rules_.short_escape(lead, next);
  switch (s.kind) {
    case S::kOther:
      return Short::kUnknown;
    case S::kName:
      return ReadShortName(text, p + 1, s.unit);
    case S::kNoise:
      // No more of it follows, and nothing with which a row goes on.
      return next == '\n' && third != ' ' && third != '\t' &&
                     !stops.Has(third) && !MayFollow(lead, third)
                 ? Short::kNothing
                 : Short::kUnknown;
    case S::kTwoDigits: {
      const int low = DigitOf(third, 16);
      if (low < 0) return stops.Has(third) ? Short::kUnknown : Short::kNothing;
      const int byte = DigitOf(next, 16) * 16 + low;
      if (byte >= 0x80) return Short::kUnknown;  // or a code point
      *unit = static_cast<char>(byte);
      *end = p + s.length;
      if (!Leads(*unit)) return Short::kUnit;
      break;
    }
    case S::kNothing:
    case S::kUnit:
      // What follows may spell what the row wants.
      if (s.length != 1 && Leads(next) &&
          (stops.Has(third) || MayFollow(next, third))) {
        return Short::kUnknown;
      }
      if (s.kind == S::kNothing) return Short::kNothing;
      *unit = s.unit;
      *end = p + s.length;
      break;
  }
  const char behind = text[*end];
  // The unit may begin another escape.
  if (stops.Has(behind) || (Leads(*unit) && MayFollow(*unit, behind))) {
    return Short::kUnknown;
  }
  return Short::kUnit;
}

// Most words behind an ampersand are no names.
inline SpellingReader::Short SpellingReader::ReadShortName(
    std::string_view text, size_t p, char closing) const {
  constexpr size_t kMost = 12;
  const size_t end = std::min(text.size(), p + kMost);
  while (p < end && IsAlnum(text[p])) ++p;
  return p < end && text[p] != closing && !rules_.stops().Has(text[p])
             ? Short::kNothing
             : Short::kUnknown;
}

}  // namespace maskpipe
