// Finds the places of a text where a needle may begin, in whatever spelling;
// the walker (walker.h) then sees whether one does.
//
//   Beginnings beginnings(indexes, &reader, &ignorable, &arena);
//   beginnings.Find(text, from, &places);
//
// Nothing is missed. The first bytes of a needle, its *head*, either stand in
// the text as they are; then a window of the head is met by a probe. Or
// something else stands there first, an escape or noise: an *event*; then the
// windows that span it are put together from what is read there. See README.md
// in this folder.
//
// Immutable and shared by threads.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/arena.h"
#include "src/match/ignorable.h"
#include "src/match/kernel.h"
#include "src/match/spelling_reader.h"
#include "src/match/walker.h"
#include "src/match/window_set.h"

namespace maskpipe {

class Beginnings {
 public:
  Beginnings(const Walker::Indexes& indexes, const SpellingReader* reader,
             const IgnorableReader* ignorable, Arena* arena);

  // Sets `places` to all from `from` on, in order.
  void Find(std::string_view text, size_t from, Offsets* places) const;

 private:
  // Heads by their length: of long ones eight windows are known, and every
  // eighth place of the text is probed; and so on.
  static constexpr size_t kLongHead = 11;
  static constexpr size_t kShortHead = 5;
  using Windows = std::vector<uint32_t>;
  struct Heads {
    Windows by_eight, by_two, every;
    Windows rest;  // all of those that are not long
  };
  void AddHead(std::string_view head, Heads* heads);
  static void AddPair(std::string_view head, PairSet* pairs);
  void AddHexHeads(std::string_view bytes, Heads* heads);
  static Heads AllHeads(Beginnings* self, const Walker::Indexes& indexes);

  // Whether it may stand in a head.
  bool MayStand(uint32_t window) const {
    return by_eight_.MayHave(window) || rest_.MayHave(window);
  }
  void Probe(std::string_view text, size_t from, size_t begin, size_t end,
             Offsets* hits, Offsets* places) const;
  void Tail(std::string_view text, size_t from, size_t begin,
            Offsets* places) const;
  void AddPlaces(std::string_view text, size_t from, size_t at,
                 Offsets* places) const;
  bool MayMatter(std::string_view text, size_t from, size_t at) const;
  bool BreakMayMatter(std::string_view text, size_t from, size_t at,
                      size_t after) const;
  struct Around;
  bool AnyStands(std::string_view text, size_t from, size_t before,
                 std::string_view unit, size_t after) const;
  bool AnyStands(std::string_view text, size_t p, Around around, int escapes,
                 int* steps) const;
  bool OnlyRaw(std::string_view text, size_t p) const;

  const SpellingReader* reader_;
  const IgnorableReader* ignorable_;
  const Kernel* kernel_;
  // The pairs of bytes that begin a head; and those of heads of one to three.
  PairSet begins_, tiny_begins_;
  bool tiny_ = false;
  bool spelled_ = false;  // there are needles that are not plain
  ByteSet wanted_;        // bytes of heads, and what begins noise
  Heads heads_;           // only while it is made; fills those above
  WindowSet by_eight_, by_two_, every_, rest_;
  ByteSet event_bytes_;
  // By a lead: the bytes after it with which it may be an event.
  std::array<ByteSet, 256> event_pairs_;
  NibbleSet event_nibbles_;
};

}  // namespace maskpipe
