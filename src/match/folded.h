// Finds needles of several lines whatever white space stands between the lines:
// CRLF, indentation, a blank where a shell joined them.
//
//   FoldedMatcher matcher(needles);       // each folded: see Fold()
//   FoldedMatcher::Cursor cursor(0);
//   matcher.Scan(window, &cursor, [](const Span& s) { ... });
//   uint64_t pending = matcher.Pending(cursor);
//
// The text is read as if folded like the needles, every run of white space to
// one blank, by an automaton. So a blank within a line of a needle matches a
// line break too. A run of more than kLongestRun bytes matches nothing.
//
// The promises are those of matcher.h, but for the order: of occurrences that
// end together only the longest is reported, and one may be reported again by a
// later Scan(). A piece of text that may begin a needle is read again with
// each Scan() until that is settled.
//
// Immutable and shared by threads; a Cursor belongs to one stream.

#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "src/base/arena.h"
#include "src/match/automaton.h"
#include "src/match/needle.h"

namespace maskpipe {

class FoldedMatcher {
 public:
  class Cursor {
   public:
    explicit Cursor(uint64_t position) : pending_(position) {}

   private:
    friend class FoldedMatcher;
    uint64_t pending_;      // nothing is in progress before it
    uint32_t cut_off_ = 0;  // of what ends the text, see Finish()
    uint32_t cut_secret_ = 0;
  };

  static constexpr size_t kLongestRun = 512;

  // Takes the needles with `folded` set, and leaves the others.
  explicit FoldedMatcher(std::span<const Needle> needles);

  // Scans to the window's end. The window holds all from Pending() on.
  template <typename F>
  void Scan(const Window& window, Cursor* cursor, F&& on_span) const;

  uint64_t Pending(const Cursor& cursor) const { return cursor.pending_; }

  // The stream ends at the window's end: with `truncated`, what it cuts off.
  template <typename F>
  void Finish(const Window& window, Cursor* cursor, bool truncated,
              F&& on_span) const;

  bool intact() const { return arena_->intact(); }

 private:
  struct End {
    size_t begin, end;  // offsets in the text
    uint32_t secret;
  };
  std::vector<End> Find(std::string_view text, Cursor* cursor) const;
  void MarkPair(uint8_t first, uint8_t second);
  size_t SkipDead(std::string_view text, size_t i) const;

  std::unique_ptr<Arena> arena_;
  std::unique_ptr<const Automaton> automaton_;  // null: no needles
  // Where a needle has a blank among its first bytes, the automaton cannot skip
  // by them; then by the pairs of bytes that begin one.
  bool skips_ = true;
  std::pmr::vector<uint64_t> pairs_{arena_.get()};
};

// Every run of white space as one blank, none at the ends; into the arena.
std::string_view Fold(std::string_view text, Arena* arena);

template <typename F>
void FoldedMatcher::Scan(const Window& window, Cursor* cursor,
                         F&& on_span) const {
  if (automaton_ == nullptr) {
    cursor->pending_ = window.end();
    return;
  }
  const uint64_t begin = cursor->pending_;
  for (const End& e :
       Find(window.bytes.substr(begin - window.offset), cursor)) {
    on_span(Span{begin + e.begin, begin + e.end, e.secret});
  }
}

template <typename F>
void FoldedMatcher::Finish(const Window& window, Cursor* cursor, bool truncated,
                           F&& on_span) const {
  if (truncated && cursor->cut_off_ != 0) {
    on_span(Span{window.end() - cursor->cut_off_, window.end(),
                 cursor->cut_secret_});
  }
  cursor->cut_off_ = 0;
}

}  // namespace maskpipe
