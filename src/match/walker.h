// Walks from a place where a needle may begin, through all spellings, to where
// needles end.
//
//   Walker walker(&indexes, &reader, &ignorable);
//   walker.Walk(window, places, &open, on_span);
//
// A walk follows all needles from all places at once, from left to right. Where
// the text reads in several ways it follows each; where several paths meet, as
// many go on as may end differently. So the work at a place is bounded by what
// the needles are, not by how many ways lead there. What the text's end leaves
// open comes back as paths, to be handed to the next walk.
//
// Noise, which means nothing, may be long; so that no text is held back without
// end for its sake, an occurrence ends after kMostNoises in a row.
//
// Early breaks: a line break after fewer than kEarly bytes of a needle holds
// nothing back, and no ordinary line is delayed for it; what follows it is
// masked if at least kEarly bytes of the needle do.
//
// Immutable and shared by threads.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "src/match/frontier.h"
#include "src/match/ignorable.h"
#include "src/match/needle.h"
#include "src/match/needle_index.h"
#include "src/match/spelling_reader.h"

namespace maskpipe {

class Walker {
 public:
  static constexpr uint32_t kEarly = 8;
  static constexpr uint8_t kMostNoises = 4;
  // Of what stands before a beginning, as much is looked at to see whether it
  // stands alone.
  static constexpr size_t kLookBehind = 48;

  using OnSpan = std::function<void(const Span&)>;

  // One index for each Writing; any may be empty.
  using Indexes = std::array<const NeedleIndex*, 3>;
  Walker(const Indexes& indexes, const SpellingReader* reader,
         const IgnorableReader* ignorable);

  // Goes on with `open`, and from each of `places`, which are offsets in the
  // window in ascending order and not before where the last walk ended. What
  // the text leaves open replaces `open`.
  void Walk(const Window& window, std::span<const uint32_t> places,
            std::vector<Path>* open, const OnSpan& on_span) const;

  // The same from the beginning of a text of which no more comes: only what
  // Finish() asks for is left open.
  void WalkLast(const Window& window, std::span<const uint32_t> places,
                bool truncated, std::vector<Path>* open,
                const OnSpan& on_span) const;

  // The stream ends: what only waited for the byte after it; with `truncated`,
  // what was cut off, of which at least kEarly bytes and half the needle were
  // seen.
  void Finish(const Window& window, const Path& path, bool truncated,
              const OnSpan& on_span) const;

 private:
  class Sweep;

  void Walk(const Window& window, std::span<const uint32_t> places,
            uint32_t least_open, std::vector<Path>* open,
            const OnSpan& on_span) const;
  static bool SeeOne(const Window& window, size_t at, const IndexedNeedle& n,
                     uint32_t depth, const OnSpan& on_span);
  bool StandsApart(const Window& window, size_t at) const;
  uint32_t Begin(std::string_view text, Writing writing,
                 NeedleRange* range) const;
  static bool MayBeginPair(std::string_view text, const NeedleIndex& index);

  Indexes indexes_;
  const SpellingReader* reader_;
  const IgnorableReader* ignorable_;
  // Bytes at which nothing but themselves can be read.
  ByteSet plain_;
  // So many plain bytes a walk sees at most.
  size_t farthest_ = 0;
};

}  // namespace maskpipe
