#include "src/match/walker.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "src/match/characters.h"
#include "src/match/raw_noise.h"
#include "src/match/sweep.h"

namespace maskpipe {

Walker::Walker(const Indexes& indexes, const SpellingReader* reader,
               const IgnorableReader* ignorable)
    : indexes_(indexes), reader_(reader), ignorable_(ignorable) {
  for (unsigned b = 0; b < 256; ++b) {
    if (!ignorable_->Begins(static_cast<char>(b))) {
      plain_.Add(static_cast<uint8_t>(b));
    }
  }
  constexpr size_t kDigits = 2, kBehind = 8;
  for (const NeedleIndex* index : indexes_) {
    farthest_ = std::max(farthest_, index->longest() * kDigits + kBehind);
  }
}

// Whether no letter or digit stands before `at`. One that ends an escape or a
// terminal sequence is no neighbour.
bool Walker::StandsApart(const Window& window, size_t at) const {
  const std::string_view text = window.bytes;
  if (at == 0) return window.offset == 0;
  if (!IsAlnum(text[at - 1])) return true;
  Readings units;
  for (size_t q = at - std::min(at, kLookBehind); q + 1 < at; ++q) {
    if (text[q] == '\x1b' && EndOfTerminalSequence(text, q) == at) return true;
    if (!reader_->Leads(text[q])) continue;
    reader_->Read(text.substr(0, at), q, &units);
    for (const Reading& r : units) {
      if (!r.raw && r.end == at) return true;
    }
  }
  return false;
}

// Whether two digits of a needle may stand here, quickly.
bool Walker::MayBeginPair(std::string_view text, const NeedleIndex& index) {
  const int high = DigitOf(text[0], 16);
  if (high < 0 || text.size() == 1) return high >= 0;
  const char next = text[1];
  if (next == '\x1b' || next == '\r' || next == '\n') return true;
  const int low = DigitOf(next, 16);
  return low >= 0 &&
         !index.Narrow(index.All(), 0, static_cast<uint8_t>(high * 16 + low))
              .empty();
}

// Where one needle is left, and its bytes stand here or do not, that is all
// there is to see of it. False: it takes a walk, as one that repeats itself
// does, of which runs are not compared again and again.
bool Walker::SeeOne(const Window& window, size_t at, const IndexedNeedle& n,
                    uint32_t depth, const OnSpan& on_span) {
  if (n.alone || n.period != 0 || window.bytes.size() - at < n.length) {
    return false;
  }
  const char* const text = window.bytes.data() + at;
  if (std::memcmp(text + depth, n.bytes + depth, n.length - depth) == 0) {
    const uint64_t from = window.offset + at;
    on_span({from, from + n.length, n.secret});
  }
  return true;
}

// Goes past the first bytes of `text`, if they are plain, to the needles that
// begin so, and returns how many bytes that is.
uint32_t Walker::Begin(std::string_view text, Writing writing,
                       NeedleRange* range) const {
  constexpr uint32_t kBytes = NeedleIndex::kBegin;
  const NeedleIndex& index = *indexes_[static_cast<size_t>(writing)];
  if (writing == Writing::kHex) {
    if (!MayBeginPair(text, index)) *range = {};
    return 0;
  }
  if (!index.all_long() || text.size() < kBytes) return 0;
  if (writing != Writing::kPlain) {
    for (size_t i = 0; i < kBytes; ++i) {
      if (!plain_.Has(text[i])) return 0;
    }
  }
  *range = index.Begin(text.data());
  return kBytes;
}

void Walker::Walk(const Window& window, std::span<const uint32_t> places,
                  std::vector<Path>* open, const OnSpan& on_span) const {
  Walk(window, places, 0, open, on_span);
}

void Walker::WalkLast(const Window& window, std::span<const uint32_t> places,
                      bool truncated, std::vector<Path>* open,
                      const OnSpan& on_span) const {
  constexpr uint32_t kNone = std::numeric_limits<uint32_t>::max();
  Walk(window, places, truncated ? kEarly : kNone, open, on_span);
}

// 1 what was left open, 2 from each place, 3 to the text's end, 4 each path
// once.
void Walker::Walk(const Window& window, std::span<const uint32_t> places,
                  uint32_t least_open, std::vector<Path>* open,
                  const OnSpan& on_span) const {
  static thread_local std::vector<Path> left;  // keeps its room
  left.clear();
  Sweep sweep(*this, window, least_open, &left, on_span);
  Runs runs(window.bytes, farthest_);
  for (const Path& path : *open) sweep.AddOpen(path);  // 1
  size_t same_until = 0;  // places before have what was recorded
  for (auto place = places.begin(); place != places.end(); ++place) {  // 2
    const size_t at = *place;
    sweep.Before(window.offset + at + 1);
    if (at < same_until) {
      sweep.Again(at);
      continue;
    }
    const bool in_run = plain_.Has(window.bytes[at]) && runs.Inside(at);
    if (in_run) sweep.Record(at);
    for (size_t i = 0; i < indexes_.size(); ++i) {
      if (indexes_[i]->size() == 0) continue;
      const auto writing = static_cast<Writing>(i);
      NeedleRange range = indexes_[i]->All();
      const uint32_t depth = Begin(window.bytes.substr(at), writing, &range);
      if (range.empty()) continue;
      if (writing == Writing::kPlain && range.end - range.begin == 1 &&
          depth > 0 && !in_run) {
        const IndexedNeedle& n = (*indexes_[i])[range.begin];
        if (SeeOne(window, at, n, depth, on_span)) continue;
      }
      Path path{};
      path.from = window.offset + at;
      path.at = path.last = path.from + depth;
      path.range = range;
      path.depth = depth;
      path.writing = writing;
      path.apart = !indexes_[i]->any_alone() || StandsApart(window, at);
      path.plain = true;
      sweep.One(path);
    }
    if (!in_run || !sweep.Recorded()) continue;
    same_until = runs.end();
    if (sweep.recorded_nothing()) {
      place = std::lower_bound(place, places.end(), same_until) - 1;
    }
  }
  sweep.Before(window.end() + 1);  // 3
  MergePaths(&left, open);         // 4
}

void Walker::Finish(const Window& window, const Path& path, bool truncated,
                    const OnSpan& on_span) const {
  const NeedleIndex& needles = *indexes_[static_cast<size_t>(path.writing)];
  const IndexedNeedle& first = needles[path.range.begin];
  if (path.waits && first.length == path.depth && path.apart) {
    on_span({path.from, path.at, first.secret});
  }
  if (!truncated || path.holds == Path::kHoldsNothing || path.depth < kEarly) {
    return;
  }
  // The shortest, of equal ones the first by name, as elsewhere.
  const IndexedNeedle* whole = nullptr;
  for (uint32_t i = path.range.begin; i < path.range.end; ++i) {
    const IndexedNeedle& n = needles[i];
    if (n.length <= path.depth || n.length > 2 * uint64_t{path.depth} ||
        n.length < path.least) {
      continue;
    }
    if (whole == nullptr || n.length < whole->length ||
        (n.length == whole->length && n.secret < whole->secret)) {
      whole = &n;
    }
  }
  if (whole == nullptr) return;
  // A line that was ended was not cut off.
  const auto rest = static_cast<size_t>(path.last - window.offset);
  if (window.bytes.find('\n', rest) != window.bytes.npos) return;
  // Half an escape goes with it, a colour stays.
  uint64_t end = path.last;
  if (end == path.at && end < window.end() && path.writing != Writing::kPlain) {
    Readings units;
    reader_->Read(window.bytes, static_cast<size_t>(end - window.offset),
                  &units);
    const NeedleRange longer = needles.Longer(path.range, path.depth);
    if (needles.GoesOn(longer, path.depth, units.cut) ||
        path.writing == Writing::kHex) {
      end = window.end();
    }
  }
  on_span({path.holds, end, whole->secret});
}

}  // namespace maskpipe
