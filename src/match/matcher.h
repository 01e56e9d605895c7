// Finds every occurrence of many needles in a stream, in one pass, in every
// spelling.
//
//   Matcher matcher(needles);            // compile once, share const
//   Matcher::Cursor cursor(0);           // one per stream
//   matcher.Scan(window, &cursor, [](const Span& s) { ... });
//   uint64_t pending = matcher.Pending(cursor);
//   matcher.Finish(window, &cursor, truncated, ...);   // end of the stream
//
// Guarantees: all occurrences are reported, overlapping, nested and
// self-overlapping ones too, with exact begin and end. The calls' cuts do not
// matter. Where the text reads in several ways an occurrence may be reported
// more than once; they come in the order of their beginnings as far as these
// lie in one Scan().
//
// An occurrence that must stand alone is reported once the byte after it, or
// the end of the stream, is known.
//
// A Matcher is immutable and shared by threads; a Cursor belongs to one stream.

#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <vector>

#include "src/base/arena.h"
#include "src/match/beginnings.h"
#include "src/match/ignorable.h"
#include "src/match/needle.h"
#include "src/match/needle_index.h"
#include "src/match/spelling_reader.h"
#include "src/match/walker.h"

namespace maskpipe {

class Matcher {
 public:
  // How far a stream has been scanned. Positions count bytes from its start.
  class Cursor {
   public:
    // At `position`, with nothing in progress.
    explicit Cursor(uint64_t position) : position_(position) {}
    // As a new one, but keeps its room.
    void Restart(uint64_t position) {
      position_ = position;
      open_.clear();
    }
    uint64_t position() const { return position_; }

   private:
    friend class Matcher;
    uint64_t position_;
    std::vector<Path> open_;
  };

  // The rows' texts must outlive the matcher.
  explicit Matcher(std::span<const Needle> needles,
                   std::span<const SpellingRow> rows = StandardSpellings());

  using OnSpan = Walker::OnSpan;

  // Scans from the cursor to the window's end and moves the cursor there. The
  // window holds all of the stream from Needed() as it was after the last scan.
  void Scan(const Window& window, Cursor* cursor, const OnSpan& on_span) const;

  // The leftmost position from which an occurrence may still be in progress;
  // the cursor's where there is none. Never falls from call to call.
  uint64_t Pending(const Cursor& cursor) const;

  // The leftmost position that a later call reads: it may lie before Pending(),
  // at most by what an escape, noise and kLookBehind take.
  uint64_t Needed(const Cursor& cursor) const;

  // The stream ends at the window's end: reports what only waited for a byte
  // after it, and with `truncated` what was cut off, if at least
  // kTruncatedBytes and half the needle were seen.
  void Finish(const Window& window, Cursor* cursor, bool truncated,
              const OnSpan& on_span) const;

  // The same spans of a text that begins and ends here, in less time, since no
  // more comes.
  void ScanWhole(std::string_view text, bool truncated,
                 const OnSpan& on_span) const;

  static constexpr uint32_t kTruncatedBytes = Walker::kEarly;

  // False in a forked child, where the tables are zeros and must not be used.
  bool intact() const { return arena_->intact(); }

  size_t needles() const;

 private:
  std::unique_ptr<Arena> arena_;
  std::unique_ptr<const SpellingReader> reader_;
  std::unique_ptr<const IgnorableReader> ignorable_;
  std::array<std::unique_ptr<const NeedleIndex>, 3> indexes_;
  std::unique_ptr<const Walker> walker_;
  std::unique_ptr<const Beginnings> beginnings_;
  // So many bytes of text a needle takes at least.
  size_t shortest_ = std::numeric_limits<uint32_t>::max();
};

}  // namespace maskpipe
