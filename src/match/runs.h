// Long runs of one byte: a walk from a place inside finds what it found from
// the place before, one byte on.
//
//   Runs runs(text, farthest);
//   if (runs.Inside(at)) ...            // so is all up to runs.end()
//   record.Begin(at, added);
//   ...                                 // record.Add(span) for each it finds
//   if (record.End(added)) record.ForEach(next_place, on_span);
//
// What must stand alone has a letter behind it there, or no letter on either
// side. Each belongs to one walk.

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "src/match/needle.h"

namespace maskpipe {

// Places are asked of in ascending order.
class Runs {
 public:
  // A walk sees `farthest` bytes from its place on, and the one before it.
  Runs(std::string_view text, size_t farthest)
      : text_(text), farthest_(farthest) {}

  bool Inside(size_t at) {
    if (at >= end_ && !Find(at)) return false;
    return at > begin_ && at < end();
  }
  // Behind the last place inside of the run that was found last.
  size_t end() const { return end_ - std::min(end_, farthest_ - 1); }

 private:
  // A run that begins at `at`, or before. Most places are in none.
  bool Find(size_t at) {
    const char c = text_[at];
    if (at + 1 >= text_.size() || text_[at + 1] != c) return false;
    begin_ = at;
    end_ = std::min(text_.find_first_not_of(c, at), text_.size());
    return true;
  }

  std::string_view text_;
  size_t farthest_;
  size_t begin_ = 0, end_ = 0;
};

// What a walk found from one place in a run.
class RunRecord {
 public:
  // `added`: how many paths were ever left, or go on elsewhere.
  void Begin(size_t at, uint64_t added) {
    spans_.clear();
    at_ = at;
    added_ = added;
    open_ = true;
  }
  void Add(const Span& span) {
    if (open_) spans_.push_back(span);
  }
  // Whether the spans are all there was. What is found later is of other paths.
  bool End(uint64_t added) {
    open_ = false;
    return added_ == added;
  }
  bool empty() const { return spans_.empty(); }

  // Calls `on_span` with what is found from another place of the run.
  template <typename OnSpan>
  void ForEach(size_t at, const OnSpan& on_span) const {
    for (const Span& s : spans_) {
      on_span({s.begin + at - at_, s.end + at - at_, s.secret});
    }
  }

 private:
  std::vector<Span> spans_;
  size_t at_ = 0;
  uint64_t added_ = 0;
  bool open_ = false;
};

}  // namespace maskpipe
