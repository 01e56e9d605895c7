// Finds every occurrence of many needles in a stream, in one pass.
//
//   Matcher matcher(needles);            // compile once, share const
//   Matcher::Cursor cursor(0);           // one per stream
//   matcher.Scan(window, &cursor, [](const Span& s) { ... });
//   uint64_t pending = matcher.Pending(window, cursor);
//   matcher.Finish(window, &cursor, truncated, ...);   // end of the stream
//
// Guarantees: all occurrences are reported, overlapping, nested and
// self-overlapping ones too, with exact begin and end, each once, in the order
// of their ends and among equal ends the longest first. The calls' cuts do not
// matter. Time is linear in the text plus the occurrences reported, whatever
// the needles and the text are.
//
// An occurrence that must stand alone is reported once the byte after it, or
// the end of the stream, is known.
//
// A Matcher is immutable and shared by threads; a Cursor belongs to one stream.

#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "src/base/arena.h"
#include "src/match/automaton.h"
#include "src/match/needle.h"

namespace maskpipe {

// An ASCII letter or digit: what may not stand beside a short secret.
inline bool IsWordByte(char c) {
  const char lower = static_cast<char>(c | 0x20);
  return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9');
}

// Which of the occurrences with the same end Scan reports.
enum class Report {
  kAll,
  kLongest,  // enough for the union of them all, and bounds the reports
};

class Matcher {
 public:
  // How far a stream has been scanned. Positions count bytes from its start.
  class Cursor {
   public:
    // At `position`, with nothing in progress.
    explicit Cursor(uint64_t position) : position_(position) {}
    uint64_t position() const { return position_; }

   private:
    friend class Matcher;
    uint64_t position_;
    Automaton::State state_ = Automaton::kRoot;
  };

  // Takes the needles that are not `folded`; FoldedMatcher has the others.
  explicit Matcher(std::span<const Needle> needles);

  // How many bytes before the cursor or before Pending(), whichever is less,
  // a window must still hold.
  static constexpr size_t kHistory = 1;

  // Scans from the cursor to the window's end and moves the cursor there.
  // The window holds all of the stream from Pending() as it was after the last
  // scan, and kHistory bytes before that where the stream has them.
  template <typename F>
  void Scan(const Window& window, Cursor* cursor, F&& on_span,
            Report report = Report::kLongest) const;

  // The leftmost position from which an occurrence may still be in progress;
  // the cursor's where there is none. Never falls from call to call.
  uint64_t Pending(const Window& window, const Cursor& cursor) const;

  // The stream ends at the window's end: reports what only waited for a byte
  // after it, and with `truncated` the longest cut-off occurrence of which at
  // least kTruncatedBytes and half the needle were seen.
  template <typename F>
  void Finish(const Window& window, Cursor* cursor, bool truncated, F&& on_span,
              Report report = Report::kLongest) const;

  static constexpr uint32_t kTruncatedBytes = 8;

  // False in a forked child, where the tables are zeros and must not be used.
  bool intact() const { return arena_->intact(); }

  size_t states() const { return automaton_->states(); }

 private:
  using State = Automaton::State;

  // What begins before the window did not wait, so a letter stood before it.
  static bool LetterBefore(const Window& w, uint64_t begin) {
    return begin > w.offset ? IsWordByte(w.at(begin - 1)) : w.offset > 0;
  }

  // Reports the ends in `state`, which was reached at `end`. `next` is the byte
  // after it, or kNoByte at the end of the stream, or kUnknown, in which case
  // what must stand alone waits. `waited` reports only what has waited so.
  static constexpr int kNoByte = -1;
  static constexpr int kUnknown = -2;
  template <typename F>
  void ReportEnds(const Window& w, State state, uint64_t end, int next,
                  bool waited, Report report, F&& on_span) const;

  std::unique_ptr<Arena> arena_;
  std::unique_ptr<const Automaton> automaton_;
};

template <typename F>
void Matcher::ReportEnds(const Window& w, State state, uint64_t end, int next,
                         bool waited, Report report, F&& on_span) const {
  for (State s = automaton_->LongestEnd(state); s != Automaton::kRoot;
       s = automaton_->Shorter(s)) {
    const Automaton::End& e = automaton_->end(s);
    const uint64_t begin = end - e.length;
    if (e.alone) {
      if (next == kUnknown || LetterBefore(w, begin)) continue;
      if (next >= 0 && IsWordByte(static_cast<char>(next))) continue;
    } else if (waited) {
      if (report == Report::kLongest) return;  // a longer one was reported
      continue;
    }
    on_span(Span{begin, end, e.secret});
    if (report == Report::kLongest) return;
  }
}

template <typename F>
void Matcher::Scan(const Window& window, Cursor* cursor, F&& on_span,
                   Report report) const {
  const std::string_view text = window.bytes;
  const size_t from = static_cast<size_t>(cursor->position_ - window.offset);
  if (from >= text.size()) return;
  const auto byte_at = [&](size_t i) {
    return static_cast<int>(static_cast<uint8_t>(text[i]));
  };
  ReportEnds(window, cursor->state_, cursor->position_, byte_at(from), true,
             report, on_span);
  cursor->state_ =
      automaton_->Run(text, from, cursor->state_, [&](State s, size_t i) {
        const int next = i < text.size() ? byte_at(i) : kUnknown;
        ReportEnds(window, s, window.offset + i, next, false, report, on_span);
      });
  cursor->position_ = window.end();
}

template <typename F>
void Matcher::Finish(const Window& window, Cursor* cursor, bool truncated,
                     F&& on_span, Report report) const {
  ReportEnds(window, cursor->state_, cursor->position_, kNoByte, true, report,
             on_span);
  if (truncated) {
    const Automaton::End cut =
        automaton_->Truncated(cursor->state_, kTruncatedBytes);
    if (cut.length != 0) {
      const uint64_t end = cursor->position_;
      on_span(Span{end - cut.length, end, cut.secret});
    }
  }
  cursor->state_ = Automaton::kRoot;
}

}  // namespace maskpipe
