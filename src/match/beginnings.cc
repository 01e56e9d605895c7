#include "src/match/beginnings.h"

#include <algorithm>
#include <bit>

#include "src/match/byte_cache.h"
#include "src/match/characters.h"
#include "src/match/lent.h"
#include "src/match/raw_noise.h"
#include "src/match/reading_cache.h"

namespace maskpipe {
namespace {

constexpr size_t kBlock = size_t{8} << 10;  // of text, stays in the cache
// Where escapes read in many ways, the walker looks instead: so far for one,
// and for those of a block.
constexpr int kMostSteps = 96;
constexpr int kMostStepsOfBlock = int{kBlock} * 4;
constexpr int kNoiseSteps = 8;
constexpr size_t kFewTiny = 8;  // first bytes that are found by themselves
constexpr int kMostEscapes = 3;
constexpr size_t kTooFar = 31;  // bits of Starts, less one
// More than a break's line feed and indentation.
constexpr ByteSet kBreakEndsWith = ByteSet::Of(" \t'\"b");
constexpr int kNoiseCacheLog2 = 12;  // entries; 96 KiB

}  // namespace

Beginnings::Beginnings(const Walker::Indexes& indexes,
                       const SpellingReader* reader,
                       const IgnorableReader* ignorable, Arena* arena)
    : reader_(reader),
      ignorable_(ignorable),
      kernel_(ChosenKernel()),
      spelled_(indexes[1]->size() + indexes[2]->size() > 0),
      heads_(indexes, kernel_->held, arena) {
  ByteSet matters = heads_.bytes();
  matters |= ignorable->break_bytes();
  matters.Add('\x1b');
  reader->leads().ForEach([&](uint8_t lead) {
    const char c = static_cast<char>(lead);
    for (unsigned b = 0; b < 256; ++b) {
      if (reader->MayBecome(c, static_cast<char>(b)).Meets(matters)) {
        event_pairs_[lead].Add(static_cast<uint8_t>(b));
      }
    }
  });
  event_bytes_ = reader->leads();
  for (char c : {'\x1b', '\n'}) {
    event_bytes_.Add(static_cast<uint8_t>(c));
    event_pairs_[static_cast<uint8_t>(c)].AddRange(0, 0xff);
  }
  if (!MakeNibbleSet(event_bytes_, &event_nibbles_)) {
    kernel_ = &PortableKernel();
  }
  few_tiny_ = MakeNibbleSet(heads_.tiny_first(), &tiny_nibbles_) &&
              heads_.tiny_first().size() <= kFewTiny;
}

// Those places of [begin, end) at which heads of one set begin. As many windows
// of a head are known as places are left out: `kStride` of them in a row, the
// one of the hit among them. Where hits follow each other those that stand in a
// row, [first, end_of_row), are known from the last one.
template <size_t kStride>
void Beginnings::ProbeFor(const WindowSet& set, Kernel::Loop loop,
                          const Search& search, size_t begin,
                          size_t end) const {
  if (set.empty()) return;
  constexpr size_t kWindow = WindowSet::kWindow;
  const std::string_view text = search.text;
  const size_t from = search.from;
  const size_t last = text.size() < kWindow ? 0 : text.size() - kWindow + 1;
  const auto stands = [&](size_t i) {
    return i >= last || set.MayHave(LoadWindow(text.data() + i));
  };
  // Probes are counted from `from`, and reach as far as a head that begins in
  // the block.
  search.hits->clear();
  loop(set, text, from + (begin - from + kStride - 1) / kStride * kStride,
       std::min(end + kStride - 1, last), search.hits);
  const size_t sorted = search.places->size();
  size_t first = 0, end_of_row = 0;
  for (const size_t at : *search.hits) {
    if (at >= end_of_row) {
      first = at;
      end_of_row = at + 1;
      while (first > from && at - first + 1 < kStride && stands(first - 1)) {
        --first;
      }
    } else {
      first = std::max(first, at + 1 - std::min(at + 1, kStride));
    }
    while (end_of_row - at < kStride && stands(end_of_row)) ++end_of_row;
    for (size_t i = first; i + kStride <= end_of_row && i <= at; ++i) {
      search.places->push_back(static_cast<uint32_t>(i));
    }
  }
  Sort(sorted, search.places);
}

// The places of [begin, end) whose heads stand there as they are.
void Beginnings::Probe(const Search& search, size_t begin, size_t end) const {
  const Kernel& k = *kernel_;
  ProbeFor<8>(heads_.longs(), k.every_eighth, search, begin, end);
  ProbeFor<4>(heads_.middles(), k.every_fourth, search, begin, end);
  ProbeFor<2>(heads_.shorts(), k.every_second, search, begin, end);
  ProbeFor<1>(heads_.fours(), k.every, search, begin, end);
  if (heads_.has_tiny()) ProbeTiny(search, begin, end);
}

// Whether a needle may go on behind its line feed, which is white space here:
// with its byte, or after something else that stands before that.
bool Beginnings::MayFollowBreak(std::string_view text, size_t p) const {
  while (p < text.size() && IsWhite(text[p])) ++p;
  return p == text.size() || heads_.behind_break().Has(text[p]) ||
         ignorable_->Begins(text[p]) || text[p] == 'b';  // b'…'
}

// Where all begin with few bytes these are found first.
void Beginnings::ProbeTiny(const Search& search, size_t begin,
                           size_t end) const {
  const std::string_view text = search.text;
  const size_t sorted = search.places->size();
  const size_t last = std::min(end, text.size() - 1);
  const auto look = [&](size_t i) {
    const char* at = text.data() + i;
    if (!heads_.TinyMayBegin(at)) return;
    if (heads_.OnlyBeforeBreak(at) && !MayFollowBreak(text, i + 1)) return;
    search.places->push_back(static_cast<uint32_t>(i));
  };
  if (few_tiny_) {
    search.hits->clear();
    kernel_->bytes(heads_.tiny_first(), tiny_nibbles_, text, begin, last,
                   search.hits);
    for (uint32_t at : *search.hits) look(at);
  } else {
    for (size_t i = begin; i < last; ++i) look(i);
  }
  Sort(sorted, search.places);
}

// Nothing can be read at `p` but the byte itself, told quickly.
bool Beginnings::OnlyRaw(std::string_view text, size_t p) const {
  const char c = text[p];
  if (!ignorable_->Begins(c)) return true;
  if (p + 1 >= text.size()) return false;
  if (ignorable_->Quiet(text.data() + p)) return true;
  if (c == '\x1b' || c == '\r' || c == '\n') return false;
  return !reader_->MayFollow(c, text[p + 1]) &&
         !ignorable_->MayBreakAt(text, p);
}

void Beginnings::AddPlaces(const Search& search, size_t event,
                           Starts starts) const {
  for (; starts != 0; starts &= starts - 1) {
    const auto before = static_cast<size_t>(std::countr_zero(starts));
    search.places->push_back(static_cast<uint32_t>(event - before));
  }
}

// All heads that may have stood so far, where what follows is not known.
Beginnings::Starts Beginnings::Unknown(const Search& search,
                                       size_t event) const {
  const size_t rest = search.text.size() - event;
  Starts far = ~Starts{0};
  if (rest < search.least) far <<= std::min(search.least - rest, kTooFar);
  if ((far & ((Starts{2} << Around::kBefore) - 1)) == 0) return 0;
  return far & heads_.StartsOf(Around(
                   search.text.substr(search.from, event - search.from)));
}

// Of heads that go on behind `event`, where `unit` is read, if any, and then
// what stands from `after` on.
Beginnings::Starts Beginnings::StartsOf(Search& search, size_t event,
                                        std::string_view unit,
                                        size_t after) const {
  // One that began before has the byte before the event, one that begins with
  // the event its unit.
  const std::string_view text = search.text;
  const bool before =
      event > search.from && heads_.bytes().Has(text[event - 1]);
  const bool begins = !unit.empty() && heads_.MayBeginWith(unit[0]);
  if (!before && !begins) return 0;
  if (event - search.from >= Near::kBefore) {
    Near near(text.data() + event);
    near.Add(unit);
    if (None(text, after, near, begins, kMostEscapes, &search.steps)) return 0;
  }
  Around around(text.substr(search.from, event - search.from));
  around.Add(unit);
  const Starts starts = GoOn(text, after, around, kMostEscapes, &search.steps);
  // Noise stands before no first byte.
  return unit.empty() ? starts & ~Starts{1} : starts;
}

// Calls `skip` with where noise that begins at `p` ends, and `read` with the
// units that are read there, and where. False: what follows is not known.
template <typename Skip, typename Read>
bool Beginnings::Follow(std::string_view text, size_t p, int* steps,
                        Skip&& skip, Read&& read) const {
  const char c = text[p];
  if (c != '\n' && c != '\x1b' && p + 1 == text.size()) return false;
  if (c == '\x1b') {
    const size_t end = EndOfTerminalSequence(text, p);
    if (end == text.npos) return false;
    if (end != 0) skip(end);
  } else if (MayBeNoise(text, p)) {
    if ((*steps -= kNoiseSteps) < 0) return false;
    const Ignorable noise = ignorable_->Read(text, p, true);
    if (noise.cut || noise.cut_break || noise.cut_after) return false;
    for (const IgnorableEnd& e : noise.ends) skip(e.end);
  }
  if (!reader_->Leads(c)) return true;
  ReadingCache::Entry known;
  if (ReadingCache::Read(*reader_, text, p, &known)) {
    for (const ReadingCache::Unit& u : known) read(u.unit(), p + u.length);
    return true;
  }
  const Lent<Readings> units;
  reader_->Read(text, p, &*units);
  if (!units->cut.empty() || !units->broken_cut.empty()) return false;
  for (const Reading& r : *units) {
    if (!r.raw) read(r.unit(), r.end);
  }
  return true;
}

// As GoOn(), but whether there is certainly none, by few bytes.
bool Beginnings::None(std::string_view text, size_t p, Near near, bool begins,
                      int escapes, int* steps) const {
  while (near.known() < Near::kFrom) {
    if (p == text.size() || --*steps < 0) return false;
    if (!OnlyRaw(text, p)) {
      // Most heads are none by what is known.
      if (heads_.None(near, begins)) return true;
      if (escapes == 0) return false;
      bool none = true;
      const auto skip = [&](size_t end) {
        none = none && None(text, end, near, begins, escapes - 1, steps);
      };
      const auto read = [&](std::string_view unit, size_t end) {
        if (!none) return;
        Near more = near;
        more.Add(unit);
        none = None(text, end, more, begins, escapes - 1, steps);
      };
      if (!Follow(text, p, steps, skip, read) || !none) return false;
    }
    near.Add(text[p++]);
  }
  return heads_.None(near, begins);
}

// With the raw bytes from `p` on; where anything else stands, with all of that.
// What is beyond our patience, or the text's end, is not known.
Beginnings::Starts Beginnings::GoOn(std::string_view text, size_t p,
                                    Around around, int escapes,
                                    int* steps) const {
  Starts starts = 0;
  while (!around.full() && p < text.size() && --*steps >= 0) {
    if (!OnlyRaw(text, p)) {
      if (escapes == 0 || heads_.StartsOf(around) == 0) break;
      const auto skip = [&](size_t end) {
        starts |= GoOn(text, end, around, escapes - 1, steps);
      };
      const auto read = [&](std::string_view unit, size_t end) {
        Around more = around;
        more.Add(unit);
        starts |= GoOn(text, end, more, escapes - 1, steps);
      };
      if (!Follow(text, p, steps, skip, read)) break;
    }
    around.Add(text[p++]);
  }
  return starts | heads_.StartsOf(around);
}

// The first of the glue that may stand before a break's line feed.
size_t Beginnings::GlueBefore(const Search& search, size_t at) const {
  size_t begin = at;
  while (begin > search.from && at - begin < IgnorableReader::kLongestGlue &&
         ignorable_->IsGlue(search.text[begin - 1])) {
    --begin;
  }
  return begin;
}

// Those of the places with a lead at which more than the raw byte can be read,
// or noise begins, as the byte behind it tells; without a branch, since any may
// be and most are none.
void Beginnings::KeepEvents(std::string_view text, Offsets* places) const {
  size_t kept = 0;
  const size_t last = text.size() - 1;
  for (const uint32_t at : *places) {
    (*places)[kept] = at;
    kept += event_pairs_[static_cast<uint8_t>(text[at])].Has(
        text[std::min<size_t>(at + 1, last)]);
  }
  // What may follow the last byte is not known.
  if (!places->empty() && places->back() == last) {
    if (kept == 0 || (*places)[kept - 1] != last) {
      (*places)[kept++] = places->back();
    }
  }
  places->resize(kept);
}

// So near the end that none begins there, and that none that began before it
// goes on. (Digits that a break parts are no head's: of these eight pairs stand
// before it, or eight bytes behind.)
bool Beginnings::NoneAtEnd(const Search& search, size_t event) const {
  for (size_t i = GlueBefore(search, event); i <= event; ++i) {
    if (Unknown(search, i) != 0) return false;
  }
  return true;
}

// One place where more than the raw byte can be read, or noise begins.
void Beginnings::Event(Search& search, size_t at) const {
  if (search.text.size() - at < search.least && NoneAtEnd(search, at)) return;
  const int patience = std::min(kMostSteps, search.patience);
  search.steps = patience;
  LookAt(search, at);
  search.patience -= patience - std::max(0, search.steps);
}

void Beginnings::LookAt(Search& search, size_t at) const {
  const std::string_view text = search.text;
  const char c = text[at];
  if (c == '\n') return Break(search, at, at + 1);
  if (c == '\x1b') return Sequence(search, at);
  Escape(search, at);
}

void Beginnings::Escape(Search& search, size_t at) const {
  const std::string_view text = search.text;
  char short_unit = 0;
  size_t end = at;
  switch (reader_->ReadShort(text, at, &short_unit, &end)) {
    case SpellingReader::Short::kNothing:
      return;
    case SpellingReader::Short::kUnit:
      if (Unit(search, at, {&short_unit, 1}, end) && MayBeNoise(text, at)) {
        Noise(search, at);
      }
      return;
    case SpellingReader::Short::kUnknown:
      break;
  }
  ReadingCache::Entry known;
  if (ReadingCache::Read(*reader_, text, at, &known)) {
    bool noise = false;
    for (const ReadingCache::Unit& u : known) {
      noise |= Unit(search, at, u.unit(), at + u.length);
    }
    if (noise && MayBeNoise(text, at)) Noise(search, at);
    return;
  }
  const Lent<Readings> units;
  reader_->Read(text, at, &*units);
  if (!units->cut.empty() || !units->broken_cut.empty()) {
    AddPlaces(search, at, Unknown(search, at));
  }
  bool noise = false;
  for (const Reading& r : *units) {
    if (!r.raw) noise |= Unit(search, at, r.unit(), r.end);
  }
  // With glue before it none goes on here where none begins.
  if (noise && MayBeNoise(text, at)) Noise(search, at);
}

// Whether the unit may begin noise.
bool Beginnings::Unit(Search& search, size_t at, std::string_view unit,
                      size_t end) const {
  const char b = unit[0];
  if (heads_.bytes().Has(b)) {
    AddPlaces(search, at, StartsOf(search, at, unit, end));
  }
  if (b == '\n') {
    Break(search, at, end);
    return false;
  }
  return b == '\r' || b == '\x1b' ||
         (unit.size() == 1 && ignorable_->IsGlue(b) &&
          ignorable_->MayBreakAt(search.text, end));
}

// Most breaks stand among plain bytes that are no head's; told quickly.
bool Beginnings::QuietBreak(const Search& search, size_t at,
                            size_t after) const {
  constexpr size_t kSome = Near::kFrom;
  constexpr size_t kBlanks = 16;
  const std::string_view text = search.text;
  if (at - search.from <= Near::kBefore ||
      text.size() - after <= kBlanks + kSome) {
    return false;
  }
  // A carriage return is of the break, or stands before it.
  const bool returns = text[at - 1] == '\r';
  const char* const begin = text.data() + at - returns;
  if (ignorable_->IsGlue(begin[-1])) return false;
  const char* end = text.data() + after;
  if (!heads_.has_blanks()) {
    const char* const most = end + kBlanks;
    while (end < most && (*end == ' ' || *end == '\t')) ++end;
  }
  for (size_t i = 0; i < kSome; ++i) {
    if (!ignorable_->Quiet(end + i)) return false;
  }
  if (kBreakEndsWith.Has(*end)) return false;
  const auto none = [&](const char* place) {
    if (!heads_.bytes().Has(place[-1])) return true;
    Near near(place);
    near.Add({end, kSome});
    return heads_.None(near, false);
  };
  if (!none(begin) || (returns && !none(begin + 1))) return false;
  if (heads_.has_hex()) {
    PairsAcross(search, static_cast<size_t>(begin - text.data()),
                static_cast<size_t>(end - text.data()));
  }
  return true;
}

// A break with its line feed at `at`, which goes on at `after`.
void Beginnings::Break(Search& search, size_t at, size_t after) const {
  const std::string_view text = search.text;
  if (QuietBreak(search, at, after)) return;
  size_t end = after;
  while (end < text.size() && (text[end] == ' ' || text[end] == '\t')) ++end;
  // What may follow, but for a quote, is told by GoOn().
  const bool simple = end + 2 < text.size() &&
                      end - after < kLongestIndentation &&
                      (text[end] == '\x1b' || OnlyRaw(text, end));
  if (heads_.has_hex()) PairsAcross(search, GlueBefore(search, at), end);
  if (!simple) return Noise(search, at);
  const auto is_quote = [](char c) { return c == '\'' || c == '"'; };
  size_t behind_quote = 0;
  if (is_quote(text[end])) behind_quote = end + 1;
  if (text[end] == 'b' && is_quote(text[end + 1])) behind_quote = end + 2;
  for (size_t begin = GlueBefore(search, at); begin <= at; ++begin) {
    if (begin == search.from) continue;
    // In the indentation only where it may mean something.
    for (size_t p = heads_.has_blanks() ? after : end; p <= end; ++p) {
      AddPlaces(search, begin, StartsOf(search, begin, {}, p));
    }
    if (behind_quote != 0) {
      AddPlaces(search, begin, StartsOf(search, begin, {}, behind_quote));
    }
  }
}

// Digits around a break of [begin, end), which stands where something else is
// between other pairs: no head looks so, and the bytes themselves have to tell.
void Beginnings::PairsAcross(const Search& search, size_t begin,
                             size_t end) const {
  const std::string_view text = search.text;
  const auto digit = [&](size_t p) { return DigitOf(text[p], 16); };
  if (begin > search.from && text[begin - 1] == ',') --begin;
  if (begin < search.from + 2) return;
  const int low = digit(begin - 1);
  if (low < 0) return;
  int before = digit(begin - 2);
  if (before < 0 && text[begin - 2] != 'x') return;
  before = std::max(before, 0) * 16 + low;
  const bool marked = text.substr(end, 2) == "0x";
  if (marked) end += 2;
  if (end + 1 < text.size()) {
    int behind = digit(end);
    if (behind < 0) return;
    const int next = digit(end + 1);
    if (next < 0 && !marked) return;
    if (next >= 0) behind = behind * 16 + next;
    if (!heads_.HexMayHave(static_cast<char>(before),
                           static_cast<char>(behind))) {
      return;
    }
  }
  for (size_t n = 1; n <= Around::kBefore && n <= begin - search.from; ++n) {
    if (digit(begin - n) >= 0) AddPlaces(search, begin, Starts{1} << n);
  }
}

// Whether noise may begin at `p`, as its first eight bytes tell.
bool Beginnings::MayBeNoise(std::string_view text, size_t p) const {
  const std::string_view bytes = text.substr(p, 8);
  if (bytes.size() < 8) return true;
  static thread_local ByteCache<bool, kNoiseCacheLog2> cache;
  cache.Begin(reader_->id());
  return cache.Find(bytes, [&] {
    const Ignorable& noise = ignorable_->Read(bytes, 0, true);
    // What more text could change is said to be cut.
    return !noise.ends.empty() || noise.cut || noise.cut_break ||
           noise.cut_after;
  });
}

// A terminal sequence, most often alone among plain bytes.
void Beginnings::Sequence(Search& search, size_t at) const {
  const std::string_view text = search.text;
  const size_t end = EndOfTerminalSequence(text, at);
  if (end == 0) return;
  if (end >= text.size() || !OnlyRaw(text, end) ||
      GlueBefore(search, at) != at) {
    return Noise(search, at);
  }
  if (at == search.from) return;
  AddPlaces(search, at, StartsOf(search, at, {}, end));
}

// Any noise that begins at `at`, or with glue before it.
void Beginnings::Noise(Search& search, size_t at) const {
  size_t begin = std::max(GlueBefore(search, at), search.noise_until);
  search.noise_until = at + 1;
  for (; begin <= at; ++begin) {
    if (begin == search.from) continue;
    const Ignorable noise = ignorable_->Read(search.text, begin, true);
    if (noise.cut || noise.cut_break || noise.cut_after) {
      AddPlaces(search, begin, Unknown(search, begin) & ~Starts{1});
      continue;
    }
    for (const IgnorableEnd& e : noise.ends) {
      AddPlaces(search, begin, StartsOf(search, begin, {}, e.end));
    }
  }
}

// So near the end that a head is cut off; also by glue there.
void Beginnings::Tail(const Search& search, size_t begin) const {
  const std::string_view text = search.text;
  const size_t least = std::max<size_t>(search.least, 1);
  for (size_t i = std::max(search.from, begin); i + least <= text.size(); ++i) {
    if (i + WindowSet::kWindow > text.size()
            ? heads_.MayBeginSo(text.substr(i))
            : heads_.MayBegin(text.data() + i)) {
      search.places->push_back(static_cast<uint32_t>(i));
    }
  }
  const size_t glue = GlueBefore(search, text.size());
  for (size_t i = glue; i < text.size(); ++i) {
    AddPlaces(search, i, Unknown(search, i) & ~Starts{1});
  }
}

// Puts those from `sorted` on, which mostly lie behind the others, in order.
void Beginnings::Sort(size_t sorted, Offsets* places) {
  const auto begin = places->begin(), end = places->end();
  const auto added = begin + static_cast<ptrdiff_t>(sorted);
  if (added == end) return;
  if (!std::is_sorted(added, end)) std::sort(added, end);
  if (added == begin || *(added - 1) <= *added) return;
  std::inplace_merge(std::upper_bound(begin, added, *added), added, end);
}

// Block by block: 1 probes, 2 events; then 3 the tail, 4 each place once.
void Beginnings::Find(std::string_view text, size_t from, size_t least,
                      Offsets* places) const {
  places->clear();
  if (from >= text.size()) return;
  static thread_local Offsets hits;  // keeps its room; holds no secret
  Search search{.text = text,
                .from = from,
                .places = places,
                .hits = &hits,
                .least = least};
  for (size_t begin = from; begin < text.size(); begin += kBlock) {
    const size_t end = std::min(begin + kBlock, text.size());
    Probe(search, begin, end);  // 1
    if (spelled_) {
      const size_t sorted = places->size();
      hits.clear();
      search.patience = kMostStepsOfBlock;
      kernel_->bytes(event_bytes_, event_nibbles_, text, begin, end,
                     &hits);  // 2
      KeepEvents(text, &hits);
      for (uint32_t at : hits) Event(search, at);
      Sort(sorted, places);
    }
  }
  const size_t sorted = places->size();
  constexpr size_t kTail = HeadSet::kLongest - 1;
  Tail(search, text.size() < kTail ? 0 : text.size() - kTail);  // 3
  Sort(sorted, places);
  places->erase(std::unique(places->begin(), places->end()),
                places->end());  // 4
  while (!places->empty() && text.size() - places->back() < least) {
    places->pop_back();
  }
}

}  // namespace maskpipe
