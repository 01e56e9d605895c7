// Finds needles of several lines whatever white space stands between the lines:
// CRLF, indentation, a blank where a shell joined them.
//
//   FoldedMatcher matcher(needles);       // each folded: see Fold()
//   FoldedMatcher::Cursor cursor(0);
//   matcher.Scan(window, &cursor, [](const Span& s) { ... });
//   uint64_t pending = matcher.Pending(cursor);
//
// The text is folded as the needles are, every run of white space to one blank,
// and an automaton reads that. So a blank within a line of a needle matches a
// line break too. A run of more than kLongestRun bytes matches nothing.
//
// The promises are those of matcher.h, but for the order: of occurrences that
// end together only the longest is reported, and one may be reported again by a
// later Scan(). A piece of text that may begin a needle is folded again with
// each Scan() until that is settled.
//
// Immutable and shared by threads; a Cursor belongs to one stream.

#pragma once

#include <algorithm>
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
  // Folded text, and where its bytes come from.
  class Folded {
   public:
    explicit Folded(std::string_view text);
    ~Folded() { Wipe(small_, std::min(size_, sizeof small_)); }
    Folded(const Folded&) = delete;
    Folded& operator=(const Folded&) = delete;

    std::string_view text() const { return {bytes_, size_}; }
    // Offset in the text of the folded byte i, or of the end.
    size_t Offset(size_t i) const;
    // Offset behind the folded byte i - 1, i > 0: of a run, behind all of it.
    size_t EndOffset(size_t i) const;

   private:
    struct Jump {
      size_t folded;  // from this folded byte on,
      size_t offset;  // the text goes on from here
    };
    char* bytes_ = small_;
    size_t size_ = 0;
    size_t text_size_ = 0;
    std::vector<Jump> jumps_;
    Buffer large_;
    char small_[512];  // enough for a record
  };

  struct End {
    size_t begin, end;  // offsets in the text
    uint32_t secret;
  };
  std::vector<End> Find(std::string_view text, Cursor* cursor) const;

  std::unique_ptr<Arena> arena_;
  std::unique_ptr<const Automaton> automaton_;  // null: no needles
  bool may_skip_ = true;  // no needle has a blank among its first bytes
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
