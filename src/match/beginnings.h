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

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "src/base/arena.h"
#include "src/match/head_set.h"
#include "src/match/ignorable.h"
#include "src/match/kernel.h"
#include "src/match/spelling_reader.h"
#include "src/match/walker.h"

namespace maskpipe {

class Beginnings {
 public:
  Beginnings(const Walker::Indexes& indexes, const SpellingReader* reader,
             const IgnorableReader* ignorable, Arena* arena);

  // Sets `places` to all from `from` on, in order.
  void Find(std::string_view text, size_t from, Offsets* places) const {
    Find(text, from, 0, places);
  }
  // Of a text of which no more comes: those where at least `least` bytes
  // follow, of which there is one or more.
  void FindLast(std::string_view text, size_t least, Offsets* places) const {
    Find(text, 0, least, places);
  }

 private:
  using Starts = HeadSet::Starts;
  // Where events are looked at; what is found is added to `places`.
  struct Search {
    std::string_view text;
    size_t from;
    Offsets* places;
    Offsets* hits;           // of a kernel, for a while
    size_t noise_until = 0;  // noise that begins before was looked at
    int steps = 0;           // so much patience is left with this event
    int patience = 0;        // and with those of this block
    size_t least = 0;        // so many bytes a needle takes; 0: more text comes
  };
  void Find(std::string_view text, size_t from, size_t least,
            Offsets* places) const;

  void Probe(const Search& search, size_t begin, size_t end) const;
  template <size_t kStride>
  void ProbeFor(const WindowSet& set, Kernel::Loop loop, const Search& search,
                size_t begin, size_t end) const;
  bool MayFollowBreak(std::string_view text, size_t p) const;
  void ProbeTiny(const Search& search, size_t begin, size_t end) const;
  static void Sort(size_t sorted, Offsets* places);
  void Tail(const Search& search, size_t begin) const;
  void KeepEvents(std::string_view text, Offsets* places) const;
  bool NoneAtEnd(const Search& search, size_t event) const;
  void Event(Search& search, size_t at) const;
  void LookAt(Search& search, size_t at) const;
  void Escape(Search& search, size_t at) const;
  bool Unit(Search& search, size_t at, std::string_view unit, size_t end) const;
  void Break(Search& search, size_t at, size_t after) const;
  void Sequence(Search& search, size_t at) const;
  void Noise(Search& search, size_t at) const;
  void PairsAcross(const Search& search, size_t begin, size_t end) const;
  void AddPlaces(const Search& search, size_t event, Starts starts) const;
  Starts Unknown(const Search& search, size_t event) const;
  bool None(std::string_view text, size_t p, Near near, bool begins,
            int escapes, int* steps) const;
  Starts StartsOf(Search& search, size_t event, std::string_view unit,
                  size_t after) const;
  template <typename Skip, typename Read>
  bool Follow(std::string_view text, size_t p, int* steps, Skip&& skip,
              Read&& read) const;
  Starts GoOn(std::string_view text, size_t p, Around around, int escapes,
              int* steps) const;
  bool OnlyRaw(std::string_view text, size_t p) const;
  bool QuietBreak(const Search& search, size_t at, size_t after) const;
  bool MayBeNoise(std::string_view text, size_t p) const;
  size_t GlueBefore(const Search& search, size_t at) const;

  const SpellingReader* reader_;
  const IgnorableReader* ignorable_;
  const Kernel* kernel_;
  bool spelled_;  // there are needles that are not plain
  HeadSet heads_;
  ByteSet event_bytes_;
  // By one of them: the bytes after it with which it may be an event.
  std::array<ByteSet, 256> event_pairs_;
  NibbleSet event_nibbles_;
  bool few_tiny_;
  NibbleSet tiny_nibbles_;  // of their first bytes
};

}  // namespace maskpipe
