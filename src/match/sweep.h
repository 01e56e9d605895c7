// One walk over a window (see walker.h): the paths that are followed, and how
// each goes on from its place.
//
//   Walker::Sweep sweep(walker, window, &left, on_span);
//   sweep.AddOpen(path); ...
//   sweep.Before(place);          // all paths that stand before it
//   sweep.One(path);              // one that begins there
//   sweep.Before(window.end() + 1);
//
// What the text's end leaves open is in `left` then. Belongs to one call; keeps
// its room in the thread, which holds places only.

#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

#include "src/match/characters.h"
#include "src/match/frontier.h"
#include "src/match/raw_noise.h"
#include "src/match/runs.h"
#include "src/match/walker.h"

namespace maskpipe {

// How many of the first `most` bytes are the same.
inline size_t SameBytes(const char* a, const char* b, size_t most) {
  size_t i = 0;
  for (uint64_t x, y; i + sizeof x <= most; i += sizeof x) {
    std::memcpy(&x, a + i, sizeof x);
    std::memcpy(&y, b + i, sizeof y);
    if (x == y) continue;
    if constexpr (std::endian::native == std::endian::little) {
      return i + static_cast<size_t>(std::countr_zero(x ^ y)) / 8;
    }
    break;
  }
  while (i < most && a[i] == b[i]) ++i;
  return i;
}

// Places are offsets in the window.
class Walker::Sweep {
 public:
  // `least_open`: paths with fewer bytes are left open only if they wait.
  Sweep(const Walker& walker, const Window& window, uint32_t least_open,
        std::vector<Path>* open, const OnSpan& on_span)
      : w_(walker),
        window_(window),
        text_(window.bytes),
        least_open_(least_open),
        open_(open),
        on_span_(on_span) {}

  void AddOpen(const Path& path) { frontier_.AddOpen(path); }

  // From the left, so that a place is done once no path stands before it.
  void Before(uint64_t end) {
    if (!frontier_.empty()) Follow(end);
  }
  void Follow(uint64_t end) {
    while (!frontier_.empty() && frontier_.next() < end) {
      std::vector<Path> paths = frontier_.TakeNext();
      for (const Path& path : paths) One(path);
      frontier_.GiveBack(std::move(paths));
    }
  }
  // What is found from one place; see RunRecord.
  void Record(size_t at) { record_.Begin(at, added_); }
  bool Recorded() { return record_.End(added_); }
  bool recorded_nothing() const { return record_.empty(); }
  void Again(size_t at) const { record_.ForEach(at, on_span_); }
  void One(const Path& path) {
    if (path.writing == Writing::kHex) {
      StepHex(path);
    } else {
      Step(path);
    }
  }

 private:
  const NeedleIndex& index(const Path& p) const {
    return *w_.indexes_[static_cast<size_t>(p.writing)];
  }
  size_t Offset(uint64_t position) const {
    return static_cast<size_t>(position - window_.offset);
  }
  uint64_t Position(size_t offset) const { return window_.offset + offset; }
  bool Fresh(const Path& path, size_t end) const {
    return Position(end) > path.seen;
  }

  // The path waits for more text. `holds`: it may be an occurrence that begins
  // at from.
  void Leave(Path path, uint64_t holds) {
    if (!MayStay(path)) return;
    path.holds = holds;
    path.seen = window_.end();
    open_->push_back(path);
    ++added_;
  }

  bool MayStay(const Path& path) const {
    return path.depth >= least_open_ || path.waits;
  }

  // Reports a needle that ends here, unless it was before. False: it must know
  // the byte after it.
  bool Complete(const Path& path) {
    const IndexedNeedle& n = index(path)[path.range.begin];
    if (n.length != path.depth || n.length < path.least) return true;
    if (path.seen != 0 && !path.waits) return true;
    if (n.alone) {
      if (!path.apart) return true;
      if (path.at == window_.end()) return false;
      if (IsAlnum(text_[Offset(path.at)])) return true;
    }
    const Span span = {path.from, path.at, n.secret};
    on_span_(span);
    record_.Add(span);
    return true;
  }

  // Whether a longer needle may still count.
  bool Counts(const Path& path, NeedleRange longer) const {
    if (longer.empty()) return false;
    const NeedleIndex& needles = index(path);
    if (path.least <= path.depth && (path.apart || !needles.any_alone())) {
      return true;
    }
    return needles.AnyOfLength(longer, path.least, path.apart);
  }

  // A path behind a break that stands after `path`: nothing that was printed is
  // masked.
  bool Early(Path* path, size_t after_break) const {
    if (after_break == 0 || path->depth >= kEarly) return true;
    path->from = Position(after_break);
    path->least = std::max(path->least, path->depth + kEarly);
    return index(*path).AnyOfLength(path->range, path->least, path->apart);
  }

  // Leaves a path that ends inside what follows `at`: an escape, a terminal
  // sequence (`holds`) or a break (`breaks`).
  void LeaveInside(const Path& path, bool holds, bool breaks) {
    if (holds || (breaks && path.depth >= kEarly)) {
      Leave(path, path.from);
    } else if (breaks && index(path).AnyOfLength(
                             path.range, path.depth + kEarly, path.apart)) {
      Leave(path, Path::kHoldsNothing);
    }
  }

  // 1 what ends here, 2 plain bytes, 3 at others all that can be read, 4 noise,
  // 5 white space for a newline, 6 a break for a blank, 7 what the text's end
  // leaves open.
  void Step(Path path) {
    const NeedleIndex& needles = index(path);
    const bool plain_only = path.writing == Writing::kPlain;
    for (;;) {
      const size_t at = Offset(path.at);
      const bool known = Complete(path);  // 1
      path.waits = !known;
      const NeedleRange longer = needles.Longer(path.range, path.depth);
      if (!Counts(path, longer)) {
        if (!known) Leave(path, path.from);
        return;
      }
      if (at == text_.size()) {
        Leave(path, path.from);
        return;
      }
      const char c = text_[at];
      if (!plain_only && !w_.plain_.Has(c) && !Quiet(at)) break;
      path.range =
          needles.Narrow(longer, path.depth, static_cast<uint8_t>(c));  // 2
      if (path.range.empty()) return;
      ++path.depth;
      path.last = ++path.at;
      path.seen = 0;
      path.noises = 0;
      if (!GoOn(&path)) return;
    }
    StepSpelled(path);
  }

  // The byte is read as itself only, as the next one tells.
  bool Quiet(size_t at) const {
    return at + 1 < text_.size() && !IsWhite(text_[at]) &&
           w_.ignorable_->Quiet(text_.data() + at);
  }

  // Goes on as far as all needles that are left do alike, which the first and
  // the last of them tell. False: none stands here.
  bool GoOn(Path* path) {
    const NeedleIndex& needles = index(*path);
    const IndexedNeedle& n = needles[path->range.begin];
    const bool one = path->range.end - path->range.begin == 1;
    if (one && n.period != 0) {
      Repeat(n, path);
      return true;
    }
    const char* const text = text_.data() + Offset(path->at);
    size_t most = std::min<size_t>(text_.size() - Offset(path->at),
                                   n.length - path->depth);
    const char* const first = n.bytes + path->depth;
    if (!one) {
      const IndexedNeedle& last = needles[path->range.end - 1];
      most = std::min<size_t>(most, last.length - path->depth);
      most = SameBytes(first, last.bytes + path->depth, most);
    }
    size_t same = SameBytes(first, text, most);
    bool plain = true;
    if (path->writing != Writing::kPlain) {
      const auto at = std::find_if_not(
          text, text + same, [this](char c) { return w_.plain_.Has(c); });
      plain = at == text + same;
      same = static_cast<size_t>(at - text);
    }
    path->last = path->at += same;
    path->depth += static_cast<uint32_t>(same);
    if (same == most || !plain) return true;
    return path->writing != Writing::kPlain && !w_.plain_.Has(text[same]);
  }

  // Goes to the end of the run that was matched last, if this path is the same
  // some periods later; else begins or lengthens a run.
  void Repeat(const IndexedNeedle& n, Path* path) {
    if (!path->plain || path->depth < n.period || path->depth > n.periodic) {
      return;
    }
    const bool same =
        run_.needle == path->range.begin && run_.writing == path->writing &&
        path->from >= run_.begin && (path->from - run_.begin) % n.period == 0;
    if (same && path->at < run_.end && path->from > run_.begin) {
      path->last = path->at = std::min(run_.end, path->from + n.periodic);
      path->depth = static_cast<uint32_t>(path->at - path->from);
    }
    if (!same || path->at > run_.end) {
      run_ = {same ? run_.begin : path->from, path->at, path->range.begin,
              path->writing};
    }
    if (path->from > run_.begin) run_.begin = path->from;
  }

  void StepSpelled(const Path& path) {
    const NeedleIndex& needles = index(path);
    const NeedleRange longer = needles.Longer(path.range, path.depth);
    const size_t at = Offset(path.at);
    bool holds = false, breaks = false;

    if (at != units_at_) w_.reader_->Read(text_, at, &units_);  // 3
    units_at_ = at;
    for (const Reading& r : units_) {
      if (!Fresh(path, r.end)) continue;
      // A newline of the secret is more than this byte, see 5.
      if (r.bytes[0] == '\n') continue;
      Path next = path;
      next.range = longer;
      if (!Early(&next, r.after_break)) continue;
      for (size_t i = 0; i < r.size && !next.range.empty(); ++i) {
        next.range = needles.Narrow(next.range, next.depth++,
                                    static_cast<uint8_t>(r.bytes[i]));
      }
      next.last = Position(r.end);
      if (!next.range.empty()) Go(next, r.end);
    }
    const bool may_stay = MayStay(path);
    holds = may_stay && needles.GoesOn(longer, path.depth, units_.cut);
    if (may_stay && !units_.broken_cut.empty() &&
        needles.GoesOn(longer, path.depth, units_.broken_cut)) {
      Path broken = path;
      broken.range = longer;
      if (path.depth >= kEarly) {
        holds = true;
      } else if (Early(&broken, units_.broken_at)) {
        // The escape is read again from its beginning, so the path stays as it
        // is; only what it holds is behind the break.
        Leave(path, units_.broken_at < text_.size() ? Position(units_.broken_at)
                                                    : Path::kHoldsNothing);
      }
    }

    if (path.depth > 0 && path.noises < kMostNoises &&
        w_.ignorable_->Begins(text_[at])) {  // 4
      const bool blank = !needles.Narrow(longer, path.depth, ' ').empty() ||
                         !needles.Narrow(longer, path.depth, '\t').empty();
      const Ignorable& noise = w_.ignorable_->Read(text_, at, blank);
      for (const IgnorableEnd& e : noise.ends) {
        if (!Fresh(path, e.end)) continue;
        Path next = path;
        next.range = longer;
        if (Early(&next, e.after_break)) Skip(next, e.end);
        if (blank && e.after_break != 0 && path.depth >= kEarly) {  // 6
          next.range = needles.Narrow(longer, path.depth, ' ');
          ++next.depth;
          next.last = Position(e.end);
          Go(next, e.end);
        }
      }
      holds = holds || noise.cut;
      breaks = noise.cut_break || noise.cut_after;
    }

    const NeedleRange newline = needles.Narrow(longer, path.depth, '\n');
    if (!newline.empty()) {  // 5
      const WhiteSpace& white = w_.ignorable_->ReadWhiteSpace(text_, at);
      for (size_t end : white.ends) {
        if (!Fresh(path, end)) continue;
        Path next = path;
        next.range = newline;
        ++next.depth;
        next.last = Position(end);
        Go(next, end);
      }
      holds = holds || white.cut;
    }
    LeaveInside(path, holds, breaks);  // 7
  }

  // Goes on behind a unit, or behind noise.
  void Go(Path next, size_t end) {
    next.at = Position(end);
    next.seen = 0;
    next.noises = 0;
    next.plain = next.waits = false;
    frontier_.Add(next);
    ++added_;
  }
  void Skip(Path next, size_t end) {
    next.at = Position(end);
    next.seen = 0;
    ++next.noises;
    next.plain = next.waits = false;
    frontier_.Add(next);
    ++added_;
  }

  // Where the next pair of digits may begin. Behind an early break, where
  // masking begins, a blank is of the indentation, of which more may have come.
  void Pairs(const Path& path, size_t at, bool* cut) {
    const bool behind_break = path.from == path.at;
    pairs_.clear();
    pairs_.push_back(at);
    static constexpr std::string_view kApart[] = {
        " ", ":", "-", ",", ", ", "0x", " 0x", ",0x", ", 0x"};
    for (std::string_view apart : kApart) {
      if (behind_break && apart[0] == ' ') continue;
      const std::string_view rest = text_.substr(at, apart.size());
      if (rest == apart) pairs_.push_back(at + apart.size());
      *cut = *cut || (rest.size() < apart.size() && apart.starts_with(rest));
    }
  }

  // As Step(), but a unit is two digits.
  void StepHex(Path path) {
    const NeedleIndex& needles = index(path);
    const size_t at = Offset(path.at);
    const bool known = Complete(path);
    path.waits = !known;
    const NeedleRange longer = needles.Longer(path.range, path.depth);
    if (!Counts(path, longer)) {
      if (!known) Leave(path, path.from);
      return;
    }
    if (at == text_.size()) {
      Leave(path, path.from);
      return;
    }
    bool holds = false, breaks = false;
    if (path.depth == 0) {
      pairs_.assign(1, at);
    } else {
      Pairs(path, at, &holds);
      // Lists are broken behind their commas.
      const size_t behind = text_[at] == ',' ? at + 1 : at;
      if (path.noises < kMostNoises && behind < text_.size() &&
          w_.ignorable_->Begins(text_[behind])) {
        const Ignorable& noise = w_.ignorable_->Read(text_, behind, false);
        for (const IgnorableEnd& e : noise.ends) {
          if (!Fresh(path, e.end)) continue;
          Path next = path;
          next.range = longer;
          if (Early(&next, e.after_break)) Skip(next, e.end);
        }
        holds = holds || noise.cut;
        breaks = noise.cut_break || noise.cut_after;
      }
    }
    for (size_t digits : pairs_) {
      ReadPair(path, longer, digits, &holds);
      // Go's %#v writes 0xa.
      if (digits > at && text_[digits - 1] == 'x') {
        ReadDigit(path, longer, digits);
      }
    }
    LeaveInside(path, holds, breaks);
  }

  void ReadPair(const Path& path, NeedleRange longer, size_t at, bool* holds) {
    const NeedleIndex& needles = index(path);
    if (at == text_.size()) {
      *holds = true;
      return;
    }
    const int high = DigitOf(text_[at], 16);
    if (high < 0) return;
    size_t after_break = 0;
    size_t low_at = at + 1;
    if (low_at < text_.size()) {
      const char c = text_[low_at];
      size_t end = 0;
      if (c == '\x1b') end = EndOfTerminalSequence(text_, low_at);
      if (c == '\r' || c == '\n') {
        end = EndOfRawBreak(text_, low_at);
        after_break = std::min(end, text_.size());
      }
      if (end != 0) low_at = std::min(end, text_.size());
    }
    Path next = path;
    next.range = longer;
    if (low_at == text_.size()) {
      ByteSet may_become;
      may_become.AddRange(static_cast<uint32_t>(high) * 16,
                          static_cast<uint32_t>(high) * 16 + 15);
      if (!MayStay(path)) return;
      if (!needles.GoesOn(longer, path.depth, may_become)) return;
      if (after_break == 0 || path.depth >= kEarly) {
        *holds = true;
      } else if (Early(&next, after_break)) {
        Leave(path, Path::kHoldsNothing);
      }
      return;
    }
    const int low = DigitOf(text_[low_at], 16);
    if (low < 0 || !Fresh(path, low_at + 1)) return;
    if (!Early(&next, after_break)) return;
    next.range = needles.Narrow(next.range, next.depth++,
                                static_cast<uint8_t>(high * 16 + low));
    next.last = Position(low_at + 1);
    if (!next.range.empty()) Go(next, low_at + 1);
  }

  void ReadDigit(const Path& path, NeedleRange longer, size_t at) {
    if (at == text_.size() || !Fresh(path, at + 1)) return;
    const int digit = DigitOf(text_[at], 16);
    if (digit < 0) return;
    Path next = path;
    next.range =
        index(path).Narrow(longer, next.depth++, static_cast<uint8_t>(digit));
    next.last = Position(at + 1);
    if (!next.range.empty()) Go(next, at + 1);
  }

  // The last run that was matched byte by byte: a needle that repeats its
  // first bytes begins again inside it, and need not be compared again.
  struct Run {
    uint64_t begin = 0;
    uint64_t end = 0;  // of what equals the needle's first bytes
    uint32_t needle = 0;
    Writing writing = Writing::kPlain;
  };

  uint64_t added_ = 0;  // paths that were left or go on elsewhere

  const Walker& w_;
  const Window& window_;
  const std::string_view text_;
  const uint32_t least_open_;
  std::vector<Path>* open_;
  const OnSpan& on_span_;
  Run run_;
  size_t units_at_ = std::string_view::npos;  // where units_ were read

  // Keeps its room from walk to walk; holds places only.
  struct Room {
    Frontier frontier;
    Readings units;
    std::vector<size_t> pairs;
    RunRecord record;
  };
  static Room& OfThisThread() {
    static thread_local Room room;
    room.frontier.Clear();
    return room;
  }
  Room& room_ = OfThisThread();
  Frontier& frontier_ = room_.frontier;
  Readings& units_ = room_.units;
  std::vector<size_t>& pairs_ = room_.pairs;
  RunRecord& record_ = room_.record;
};

}  // namespace maskpipe
