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
  // Quickly: certainly not one that began before the place, where `next`
  // stands.
  bool NoneAcross(const Around& around, char next) const;
  // Quickly: certainly not one; of three bytes before and four that are known.
  bool None(const Around& around) const;

  // Whether one may begin with these bytes, of which there are four.
  bool MayBegin(const char* at) const {
    const uint32_t window = LoadWindow(at);
    return longs_.MayHave(window) || middles_.MayHave(window) ||
           shorts_.MayHave(window) || fours_.MayHave(window) ||
           TinyMayBegin(at);
  }
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
