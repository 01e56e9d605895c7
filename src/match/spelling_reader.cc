#include "src/match/spelling_reader.h"

#include <algorithm>
#include <atomic>

#include "src/match/characters.h"
#include "src/match/place_memo.h"

namespace maskpipe {
namespace {

Reading RawReading(std::string_view text, size_t p) {
  return {.bytes = {text[p]},
          .size = 1,
          .raw = true,
          .end = p + 1,
          .after_break = 0};
}

}  // namespace

void Readings::Add(const Reading& r) {
  for (size_t i = 0; i < size_; ++i) {
    Reading& known = list_[i];
    if (known.end == r.end && known.size == r.size && known.bytes == r.bytes) {
      known.after_break = std::min(known.after_break, r.after_break);
      return;
    }
  }
  if (size_ < kMost) list_[size_++] = r;
}

SpellingReader::SpellingReader(std::span<const SpellingRow> rows)
    : rules_(rows) {
  static std::atomic<uint64_t> made = 0;
  id_ = ++made;
}

void SpellingReader::Read(std::string_view text, size_t p, Readings* out,
                          int level) const {
  auto& memo = PlaceMemo<Readings>::OfThisThread();
  memo.Begin(id_, text);
  if (const Readings* known =
          memo.Get(text.data() + p, static_cast<unsigned>(level))) {
    *out = *known;
  } else if (level == 0 || !ReadSimple(text, p, out)) {
    *out = Inner(text, p, level);
  }
}

const Readings& SpellingReader::ReadAt(std::string_view text, size_t p) const {
  PlaceMemo<Readings>::OfThisThread().Begin(id_, text);
  return Inner(text, p, kSpellingLevels);
}

// The same of a place within an escape, once for all that ask.
const Readings& SpellingReader::Inner(std::string_view text, size_t p,
                                      int level) const {
  auto& memo = PlaceMemo<Readings>::OfThisThread();
  const char* at = text.data() + p;
  if (const Readings* known = memo.Get(at, static_cast<unsigned>(level))) {
    return *known;
  }
  // What is made meanwhile is of lower levels.
  Readings& units = memo.Make(at, static_cast<unsigned>(level));
  if (level == 0 || !ReadSimple(text, p, &units)) Units(text, p, level, &units);
  return units;
}

// What is read at one level is what a row of the next may begin with.
void SpellingReader::Units(std::string_view text, size_t p, int level,
                           Readings* out) const {
  if (level == 0) {
    out->Clear();
    out->Add(RawReading(text, p));
    return;
  }
  *out = Inner(text, p, level - 1);
  const size_t before = level == 1 ? 0 : Inner(text, p, level - 2).size();
  // What is cut off may be read once more.
  for (ByteSet* cut : {&out->cut, &out->broken_cut}) {
    ByteSet once_more;
    cut->ForEach([&](uint8_t v) { once_more |= rules_.once_more(v); });
    *cut = once_more;
  }
  const size_t known = out->size();
  ByteSet done;
  for (size_t i = 0; i < known; ++i) {
    const char lead = (*out)[i].bytes[0];
    if ((*out)[i].size != 1 || !Leads(lead)) continue;
    if (done.Has(lead)) continue;
    done.Add(static_cast<uint8_t>(lead));
    Rows(text, {lead, before, known}, level - 1, out);
  }
}

bool SpellingReader::ReadSimple(std::string_view text, size_t p,
                                Readings* out) const {
  out->Clear();
  out->Add(RawReading(text, p));
  if (!Leads(text[p])) return true;
  if (p + 1 == text.size()) return false;
  const auto next = static_cast<uint8_t>(text[p + 1]);
  for (uint16_t r : rules_.rows_before(text[p], next)) {
    const Progress so_far = Progress::At(p + 1, 0);
    if (MatchSimple({text, rules_.row(r), 0, out}, so_far) ==
        Simple::kUnknown) {
      return false;
    }
  }
  // What was read may lead another escape.
  for (size_t i = 1; i < out->size(); ++i) {
    const Reading& r = (*out)[i];
    if (r.size != 1 || !Leads(r.bytes[0])) continue;
    if (MayGoOn(r.bytes[0], text, r.end)) return false;
  }
  return true;
}

// The rows of one lead, from all places at once where it may end. Rows without
// punctuation were read at the level below from the places it knew.
void SpellingReader::Rows(std::string_view text, const Lead& lead, int level,
                          Readings* out) const {
  const auto next_of = [&](const Reading& reading) {
    return reading.end < text.size() ? static_cast<uint8_t>(text[reading.end])
                                     : SpellingRules::kEnd;
  };
  // The byte behind a lead says which rows may go on; most often there is one.
  size_t next = SpellingRules::kEnd + 1;
  bool one = true;
  for (size_t i = 0; i < lead.known; ++i) {
    const Reading& reading = (*out)[i];
    if (reading.size != 1 || reading.bytes[0] != lead.c) continue;
    one = one && (next > SpellingRules::kEnd || next == next_of(reading));
    next = next_of(reading);
  }
  for (uint16_t r :
       one ? rules_.rows_before(lead.c, next) : rules_.rows_of(lead.c)) {
    const Row& row = rules_.row(r);
    LentPlaces places;
    places->Clear();
    for (size_t i = row.punctuation ? 0 : lead.before; i < lead.known; ++i) {
      const Reading& reading = (*out)[i];
      if (reading.size != 1 || reading.bytes[0] != lead.c) continue;
      if (!row.next.test(next_of(reading))) continue;
      places->Add(Progress::At(reading.end, reading.after_break));
    }
    if (places->size > 0) Match({text, row, level, out}, 1, &places);
  }
}

}  // namespace maskpipe
