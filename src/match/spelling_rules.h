// The spelling table as it is read: the elements of each row, which rows may go
// on behind a byte, and what may come of it.
//
// Immutable and shared by threads. The rows' texts must outlive it.

#pragma once

#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "src/match/byte_set.h"
#include "src/match/spelling_table.h"

namespace maskpipe {

class SpellingRules {
 public:
  struct Element {
    enum Kind : uint8_t {
      kPunctuation,  // `c`, which may be spelled itself
      kLetter,       // `c`, raw
      kDigits,       // `least` to `most`, of `base`
      kWide,         // any byte beyond ASCII, raw
      kAnyPunctuation,
      kName,
      kQuotes,
    };
    Kind kind;
    char c = 0;
    uint8_t base = 0, least = 0, most = 0;
  };
  struct Row {
    std::vector<Element> elements;
    const SpellingRow* source;
    ByteSet values;           // first bytes of the units it can be
    bool punctuation;         // some behind the lead, which may be spelled
    std::bitset<257> next{};  // bytes with which it may go on, or kEnd
  };
  static constexpr size_t kEnd = 256;  // no byte follows

  // What may be read where a byte follows a lead, provided that the escape's
  // bytes are raw and, but behind digits, the one behind is none of stops().
  struct Short {
    enum Kind : uint8_t {
      kNothing,    // the raw lead only
      kUnit,       // `unit`, which takes `length` bytes
      kTwoDigits,  // hexadecimal ones, the byte of that number
      kName,       // letters and digits, with `unit` behind them
      kNoise,      // noise comes first
      kOther,
    };
    Kind kind = kNothing;
    char unit = 0;
    uint8_t length = 0;
    bool operator==(const Short&) const = default;
  };

  explicit SpellingRules(std::span<const SpellingRow> rows);

  const Row& row(uint16_t i) const { return rows_[i]; }
  // The bytes with which rows begin.
  const ByteSet& leads() const { return leads_; }
  const std::vector<uint16_t>& rows_of(char lead) const {
    return rows_of_[Index(lead)];
  }
  // Those of them that may go on with a byte, or with kEnd.
  const std::vector<uint16_t>& rows_before(char lead, size_t next) const {
    return rows_before_[Index(lead)][next];
  }
  // What may stand behind a lead, and that without what may spell it.
  const ByteSet& follows(char lead) const { return follows_[Index(lead)]; }
  const ByteSet& raw_follows(char lead) const {
    return raw_follows_[Index(lead)];
  }
  // The first bytes of all that may be read where a lead is followed by `next`.
  const ByteSet& may_become(char lead, char next) const {
    return may_become_[Index(lead)][static_cast<uint8_t>(next)];
  }
  const Short& short_escape(char lead, char next) const {
    return shorts_[Index(lead)][static_cast<uint8_t>(next)];
  }
  // Leads, and the bytes with which raw noise begins.
  const ByteSet& stops() const { return stops_; }
  // What a unit may be that begins with this byte, read once more.
  const ByteSet& once_more(uint8_t first) const { return closure_[1][first]; }

 private:
  size_t Index(char lead) const {
    return lead_index_[static_cast<uint8_t>(lead)];
  }
  static bool GoesOnRaw(const Element& e, char next);
  Short ShortOf(uint8_t lead, uint8_t next) const;
  bool AddShort(const Row& row, char next, Short* so_far) const;
  static Row Parse(const SpellingRow& row);
  static ByteSet ValuesOf(const Row& row);
  // The same where a byte follows the lead that may be the first digit.
  static ByteSet ValuesOf(const Row& row, char next);

  std::vector<Row> rows_;
  ByteSet leads_;
  ByteSet stops_;
  // By lead, from 1 on.
  std::array<uint8_t, 256> lead_index_{};  // 0: it leads nothing
  std::vector<ByteSet> follows_, raw_follows_;
  std::vector<std::array<ByteSet, 256>> may_become_;
  std::vector<std::array<Short, 256>> shorts_;
  std::vector<std::array<std::vector<uint16_t>, 257>> rows_before_;
  std::vector<std::vector<uint16_t>> rows_of_;
  // What a unit that is read may become with so many levels left.
  std::array<std::array<ByteSet, 256>, kSpellingLevels + 1> closure_;
};

}  // namespace maskpipe
