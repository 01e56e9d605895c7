// The first bytes of all needles, their *heads*, and what a text must have for
// one to begin in it.
//
// A head is the first kLongest bytes of a needle, less where it is shorter, has
// a line feed, or a blank that a break may stand for. Of long heads the eight
// windows are known; of shorter ones, of at least kShort bytes, the first two;
// of those of four bytes the one; of *tiny* ones the first bytes. Where less
// than a window is known, the three pairs of bytes that a head begins with
// tell: few heads have a quote there.
//
// Immutable and shared by threads. Lives in the arena, which must outlive it.

#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include "src/base/arena.h"
#include "src/match/byte_set.h"
#include "src/match/characters.h"
#include "src/match/spelling_reader.h"
#include "src/match/walker.h"
#include "src/match/window_set.h"

namespace maskpipe {

// What stands around a place of the text, as a needle would read it: bytes
// before it, and those from it on that are known.
struct Around {
  static constexpr size_t kBefore = 10;
  static constexpr size_t kFrom = 7;

  // `raw` bytes stand as they are before the place.
  explicit Around(std::string_view raw)
      : before(std::min(raw.size(), kBefore)), size(before) {
    if (before == kBefore) {  // nearly always: no call for ten bytes
      std::memcpy(bytes, raw.data() + raw.size() - kBefore, kBefore);
    } else {
      std::copy_n(raw.data() + raw.size() - before, before, bytes);
    }
  }
  void Add(char c) {
    if (!full()) bytes[size++] = c;
  }
  void Add(std::string_view unit) {
    for (char c : unit) Add(c);
  }
  bool full() const { return size == before + kFrom; }

  char bytes[kBefore + kFrom];
  size_t before;
  size_t size;
};

// The same, as little as rules out nearly all heads: four bytes before a place,
// and up to four from it on.
class Near {
 public:
  static constexpr int kBefore = 4;
  static constexpr int kFrom = 4;

  explicit Near(const char* place) {
    for (int i = 0; i < kBefore; ++i) Put(place[i - kBefore], i);
  }
  void Add(char c) {
    if (known_ < kFrom) Put(c, kBefore + known_++);
  }
  void Add(std::string_view unit) {
    for (char c : unit) Add(c);
  }
  // Of those from the place on.
  int known() const { return known_; }

  // As they stand: the first one, and the window, `before` bytes before it.
  char Byte(int before) const {
    return static_cast<char>(bytes_ >> (8 * (kBefore - before)));
  }
  uint32_t Window(int before) const {
    const auto w = static_cast<uint32_t>(bytes_ >> (8 * (kBefore - before)));
    return std::endian::native == std::endian::little ? w : Swapped(w);
  }

 private:
  static uint32_t Swapped(uint32_t w) {
    return w << 24 | (w << 8 & 0xff0000) | (w >> 8 & 0xff00) | w >> 24;
  }
  void Put(char c, int i) {
    bytes_ |= uint64_t{static_cast<uint8_t>(c)} << (8 * i);
  }

  uint64_t bytes_ = 0;  // the first one lowest
  int known_ = 0;
};

class HeadSet {
 public:
  static constexpr size_t kLongest = Around::kBefore + 1;
  // Of shorter heads fewer windows are kept.
  static constexpr size_t kMiddle = 7;
  static constexpr size_t kShort = 5;

  // `held`: a set of so many windows costs the kernel little.
  HeadSet(const Walker::Indexes& indexes, size_t held, Arena* arena)
      : HeadSet(ListsOf(indexes, held), arena) {}

  // Bit n: a head may begin n bytes before the place.
  using Starts = uint32_t;
  // Of heads that go on at the place. What is not known is no hindrance.
  Starts StartsOf(const Around& around) const;
  bool MayBeginWith(char c) const {
    return firsts_.Has(Fold(c)) || tiny_first_.Has(c);
  }
  // Quickly: certainly none, or none that began before the place (`begins`).
  bool None(const Near& near, bool begins) const;

  // Whether one may begin with these bytes, of which there are four.
  bool MayBegin(const char* at) const {
    const uint32_t window = LoadWindow(at);
    return longs_.MayHave(window) || middles_.MayHave(window) ||
           shorts_.MayHave(window) || fours_.MayHave(window) ||
           TinyMayBegin(at);
  }
  // The same of fewer, behind which more may come.
  bool MayBeginSo(std::string_view bytes) const;
  // Of two bytes, as they stand.
  bool TinyMayBegin(const char* at) const {
    return has_tiny_ &&
           (raw_tiny_.Has(at) || (before_break_.Has(at[0]) && IsWhite(at[1])));
  }
  // Of those: only if one of these bytes stands behind the white space.
  bool OnlyBeforeBreak(const char* at) const { return !raw_tiny_.Has(at); }
  const ByteSet& behind_break() const { return behind_break_; }

  const WindowSet& longs() const { return longs_; }
  const WindowSet& middles() const { return middles_; }
  const WindowSet& shorts() const { return shorts_; }
  const WindowSet& fours() const { return fours_; }
  bool has_tiny() const { return has_tiny_; }
  // What tiny ones begin with.
  const ByteSet& tiny_first() const { return tiny_first_; }
  const ByteSet& bytes() const { return bytes_; }
  // Whether there are needles in hexadecimal, and one may begin with bytes of
  // which these are neighbours.
  bool has_hex() const { return has_hex_; }
  bool HexMayHave(char a, char b) const {
    const char pair[] = {a, b};
    return hex_neighbours_.Has(pair);
  }
  // Whether any has a blank that white space of the text may be.
  bool has_blanks() const { return has_blanks_; }

 private:
  static constexpr int kPairs = 3;

  // As windows are folded, for hexadecimal digits in either case.
  static char Fold(char c) { return static_cast<char>(c | 0x20); }

  // Windows, most of them once: heads of one needle often have the same, and
  // the set's size follows from their number.
  struct WindowList {
    void Add(uint32_t window) {
      window = WindowSet::Folded(window);
      uint32_t& last = recent[WindowSet::Hash(window) >> (32 - kRecentLog2)];
      if (last == window) return;
      last = window;
      windows.push_back(window);
    }
    void Clear();  // and wipes it

    static constexpr int kRecentLog2 = 16;
    std::vector<uint32_t> windows;
    std::vector<uint32_t> recent =
        std::vector<uint32_t>(size_t{1} << kRecentLog2);
  };
  // What the needles' heads hold, before it is hashed.
  struct Lists {
    Lists() = default;
    Lists(Lists&&) = default;
    Lists& operator=(Lists&&) = default;
    ~Lists();

    WindowList longs, middles, shorts, fours;
    std::vector<uint32_t> first_of_shorts;  // of many only some
    std::array<std::vector<std::array<char, 2>>, kPairs> pairs;
    std::vector<std::array<char, 2>> tiny, hex_neighbours;
    ByteSet bytes, tiny_first, before_break, behind_break;
    bool has_blanks = false;
    // At which places the windows of longer heads are probed.
    size_t longest_stride = kLongest - WindowSet::kWindow + 1;
  };
  static size_t LongestStride(const Walker::Indexes& indexes, size_t held);
  static Lists ListsOf(const Walker::Indexes& indexes, size_t held);
  static void Add(std::string_view head, Lists* lists);
  static void AddBeforeBreak(char c, std::string_view behind, Lists* lists);
  static void JoinFew(Lists* lists);
  static void AddHex(std::string_view bytes, Lists* lists);

  HeadSet(const Lists& lists, Arena* arena);

  bool NoneByWindows(const Near& near, bool begins) const;
  bool NoneByPairs(const Near& near, bool begins) const;
  bool NoTiny(const Near& near, bool begins) const;
  Starts StartsByPairs(const Around& around, Starts starts) const;

  ByteSet bytes_;
  ByteSet firsts_;  // of heads that are not tiny, folded
  ByteSet tiny_first_;
  ByteSet before_break_;               // single bytes that a line feed follows
  ByteSet behind_break_;               // what follows that
  std::array<PairSet, kPairs> pairs_;  // of heads that are not tiny, folded
  PairSet tiny_;                       // with anything behind a single byte
  PairSet raw_tiny_;                   // but for those before a break
  PairSet hex_neighbours_;
  bool has_tiny_;
  bool has_hex_;
  bool has_blanks_;
  WindowSet longs_, middles_, shorts_, fours_;
};

}  // namespace maskpipe
