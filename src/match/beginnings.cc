#include "src/match/beginnings.h"

#include <algorithm>
#include <cstring>

namespace maskpipe {
namespace {

constexpr size_t kBlock = size_t{8} << 10;  // of text, stays in the cache
// Where escapes read in many ways, the walker looks instead.
constexpr int kMostSteps = 64;
constexpr uint32_t kBlanksFold = 8;  // from there a break may be a blank

}  // namespace

Beginnings::Heads Beginnings::AllHeads(Beginnings* self,
                                       const Walker::Indexes& indexes) {
  Heads heads;
  for (size_t kind = 0; kind < indexes.size(); ++kind) {
    const NeedleIndex& index = *indexes[kind];
    const auto writing = static_cast<Writing>(kind);
    for (uint32_t i = 0; i < index.size(); ++i) {
      std::string_view head = index[i].text();
      if (writing == Writing::kHex) {
        self->AddHexHeads(head, &heads);
        continue;
      }
      head = head.substr(0, kLongHead);
      if (writing == Writing::kSpelled) {
        head = head.substr(0, head.find('\n'));
        head = head.substr(0, head.find(' ', kBlanksFold));
      }
      self->AddHead(head, &heads);
    }
  }
  for (Windows* w :
       {&heads.by_eight, &heads.by_two, &heads.every, &heads.rest}) {
    std::sort(w->begin(), w->end());
    w->erase(std::unique(w->begin(), w->end()), w->end());
  }
  return heads;
}

// With any second byte where a head has only one.
void Beginnings::AddPair(std::string_view head, PairSet* pairs) {
  for (unsigned b = 0; b < 256; ++b) {
    const char second = static_cast<char>(b);
    if (head.size() > 1 && head[1] != second) continue;
    pairs->Add(head[0], second);
  }
}

void Beginnings::AddHead(std::string_view head, Heads* heads) {
  constexpr size_t kWindow = WindowSet::kWindow;
  const auto add = [&](Windows* windows, size_t n) {
    for (size_t i = 0; i < n; ++i) {
      windows->push_back(LoadWindow(head.data() + i));
    }
  };
  for (char c : head) wanted_.Add(static_cast<uint8_t>(c));
  if (head.size() < kLongHead && head.size() >= kWindow) {
    add(&heads->rest, head.size() - kWindow + 1);
  }
  if (head.size() >= kLongHead) {
    add(&heads->by_eight, kLongHead - kWindow + 1);
  } else if (head.size() >= kShortHead) {
    add(&heads->by_two, kShortHead - kWindow + 1);
  } else if (head.size() == kWindow) {
    add(&heads->every, 1);
  } else {
    tiny_ = true;
    AddPair(head, &tiny_begins_);
  }
  AddPair(head, &begins_);
}

void Beginnings::AddHexHeads(std::string_view bytes, Heads* heads) {
  static constexpr std::string_view kApart[] = {
      "", " ", ":", "-", ",", ", ", "0x", " 0x", ",0x", ", 0x"};
  static constexpr char kDigits[] = "0123456789abcdef";
  static constexpr char kUpper[] = "0123456789ABCDEF";
  for (std::string_view apart : kApart) {
    std::string head;
    for (size_t i = 0; i < bytes.size() && head.size() < kLongHead; ++i) {
      if (i > 0) head += apart;
      const auto b = static_cast<uint8_t>(bytes[i]);
      head += kDigits[b >> 4];
      head += kDigits[b & 15];
    }
    AddHead(std::string_view(head).substr(0, kLongHead), heads);
    Wipe(head.data(), head.size());
  }
  const auto first = static_cast<uint8_t>(bytes[0]);
  for (const char* high : {kDigits, kUpper}) {
    for (const char* low : {kDigits, kUpper}) {
      begins_.Add(high[first >> 4], low[first & 15]);
    }
  }
}

Beginnings::Beginnings(const Walker::Indexes& indexes,
                       const SpellingReader* reader,
                       const IgnorableReader* ignorable, Arena* arena)
    : reader_(reader),
      ignorable_(ignorable),
      kernel_(ChosenKernel()),
      begins_(arena),
      tiny_begins_(arena),
      spelled_(indexes[1]->size() + indexes[2]->size() > 0),
      heads_(AllHeads(this, indexes)),
      by_eight_(heads_.by_eight, arena),
      by_two_(heads_.by_two, arena),
      every_(heads_.every, arena),
      rest_(heads_.rest, arena) {
  for (Windows* w :
       {&heads_.by_eight, &heads_.by_two, &heads_.every, &heads_.rest}) {
    if (!w->empty()) Wipe(w->data(), w->size() * sizeof w->front());
  }
  heads_ = Heads();
  for (char c : std::string_view("\r\n\x1b")) {
    wanted_.Add(static_cast<uint8_t>(c));
  }
  reader->leads().ForEach([&](uint8_t lead) {
    const char c = static_cast<char>(lead);
    for (unsigned b = 0; b < 256; ++b) {
      const char next = static_cast<char>(b);
      ByteSet what = wanted_;
      what |= ignorable->break_bytes();
      const bool breaks =
          ignorable->IsGlue(c) &&
          (ignorable->break_bytes().Has(next) || reader->Leads(next));
      if (breaks || reader->MayBecome(c, next).Meets(what)) {
        event_pairs_[lead].Add(static_cast<uint8_t>(b));
      }
    }
  });
  event_bytes_ = reader->leads();
  event_bytes_.Add('\x1b');
  event_bytes_.Add('\n');
  if (!MakeNibbleSet(event_bytes_, &event_nibbles_)) {
    kernel_ = &PortableKernel();
  }
}

// The places of [begin, end) whose heads stand there as they are.
void Beginnings::Probe(std::string_view text, size_t from, size_t begin,
                       size_t end, Offsets* hits, Offsets* places) const {
  constexpr size_t kWindow = WindowSet::kWindow;
  const size_t last = text.size() < kWindow ? 0 : text.size() - kWindow + 1;
  const auto add = [&](const WindowSet& set, size_t at, size_t stride) {
    for (size_t back = stride; back-- > 0;) {
      if (at < from + back) continue;
      const char* place = text.data() + at - back;
      if (!set.MayHave(LoadWindow(place))) continue;
      // Of a long head the fifth window is known too.
      if (stride == 8 && at - back + 2 * kWindow <= text.size() &&
          !set.MayHave(LoadWindow(place + kWindow))) {
        continue;
      }
      places->push_back(static_cast<uint32_t>(at - back));
    }
  };
  const auto probe = [&](const WindowSet& set, auto loop, size_t stride) {
    if (set.empty()) return;
    // Probes are counted from `from`, and reach as far as a head that begins
    // in the block.
    const size_t first = from + (begin - from + stride - 1) / stride * stride;
    hits->clear();
    loop(set, text, first, std::min(end + stride - 1, last), hits);
    for (uint32_t at : *hits) add(set, at, stride);
  };
  probe(by_eight_, kernel_->every_eighth, 8);
  probe(by_two_, kernel_->every_second, 2);
  probe(every_, kernel_->every, 1);
  if (tiny_) {
    for (size_t i = begin; i < std::min(end, text.size() - 1); ++i) {
      if (tiny_begins_.Has(text.data() + i)) {
        places->push_back(static_cast<uint32_t>(i));
      }
    }
  }
}

// Nothing can be read at `p` but the byte itself, told quickly.
bool Beginnings::OnlyRaw(std::string_view text, size_t p) const {
  const char c = text[p];
  if (!ignorable_->Begins(c)) return true;
  if (p + 1 >= text.size()) return false;
  if (c == '\x1b' || c == '\r' || c == '\n') return false;
  return !reader_->MayFollow(c, text[p + 1]) &&
         !ignorable_->MayBreakAt(text, p);
}

// What stands around an event: raw bytes, what is read there, and what follows.
struct Beginnings::Around {
  char bytes[3 * WindowSet::kWindow + Reading::kMostBytes];
  size_t size = 0;
  size_t windows = 0;  // so many, from the first byte on, span the event

  void Add(std::string_view unit) {
    for (char c : unit) {
      if (!full()) bytes[size++] = c;
    }
  }
  bool full() const { return size >= windows + WindowSet::kWindow - 1; }
};

// Whether some window that spans an event may stand in a head: one that holds
// raw bytes before `before`, the unit, and what may be read from `after` on.
bool Beginnings::AnyStands(std::string_view text, size_t from, size_t before,
                           std::string_view unit, size_t after) const {
  constexpr int kMostEscapes = 3;
  const size_t raw = std::min(before - from, WindowSet::kWindow - 1);
  Around around;
  // Without a unit the window must still begin before the event.
  around.windows = raw + (unit.empty() ? 0 : 1);
  if (around.windows == 0) return false;
  around.Add(text.substr(before - raw, raw));
  around.Add(unit);
  int steps = kMostSteps;
  return AnyStands(text, after, around, kMostEscapes, &steps);
}

bool Beginnings::AnyStands(std::string_view text, size_t p, Around around,
                           int escapes, int* steps) const {
  while (!around.full()) {
    if (p + 1 >= text.size() || --*steps < 0) return true;
    const char c = text[p];
    if (OnlyRaw(text, p)) {
      around.bytes[around.size++] = c;
      ++p;
      continue;
    }
    Readings units;
    if (escapes == 0 || ignorable_->MayReadAt(text, p)) return true;
    reader_->Read(text, p, &units);
    if (!units.cut.empty() || !units.broken_cut.empty()) return true;
    for (const Reading& r : units) {
      Around more = around;
      more.Add(r.unit());
      if (AnyStands(text, r.end, more, escapes - 1, steps)) return true;
    }
    return false;
  }
  for (size_t i = 0; i < around.windows; ++i) {
    if (MayStand(LoadWindow(around.bytes + i))) return true;
  }
  return false;
}

// Whether an event needs to be looked at closely. Nearly all need not, and that
// is told from a few bytes.
bool Beginnings::MayMatter(std::string_view text, size_t from,
                           size_t at) const {
  const char c = text[at];
  if (c == '\n') return BreakMayMatter(text, from, at, at + 1);
  if (c == '\x1b' || tiny_ || at + 1 == text.size()) return true;
  if (!event_pairs_[static_cast<uint8_t>(c)].Has(text[at + 1])) return false;
  if (at > from && ignorable_->IsGlue(c) && ignorable_->MayBreakAt(text, at)) {
    return true;
  }
  Readings units;
  reader_->Read(text, at, &units);
  if (!units.cut.empty() || !units.broken_cut.empty()) return true;
  for (const Reading& r : units) {
    if (r.raw) continue;
    const char b = r.bytes[0];
    if (b == '\x1b') return true;
    if (b == '\r' || b == '\n') {
      if (b == '\r' || BreakMayMatter(text, from, at, r.end)) return true;
    } else if (at > from && r.size == 1 && ignorable_->IsGlue(b) &&
               ignorable_->MayBreakAt(text, r.end)) {
      return true;
    }
    if (wanted_.Has(b) && AnyStands(text, from, at, r.unit(), r.end)) {
      return true;
    }
  }
  return false;
}

// As MayMatter(), of a line feed at `at`. A break may begin with glue before
// it, and end with white space and a quote after it.
bool Beginnings::BreakMayMatter(std::string_view text, size_t from, size_t at,
                                size_t after) const {
  constexpr size_t kMostIndentation = 16;
  if (tiny_ || at == from) return tiny_;
  size_t end = after;
  const size_t limit = std::min(text.size(), after + kMostIndentation);
  while (end < limit && (text[end] == ' ' || text[end] == '\t')) ++end;
  if (end == limit) return true;
  const char c = text[end];
  if (c == '\'' || c == '"' || c == 'b' || !OnlyRaw(text, end)) return true;
  size_t begin = at;
  while (begin > from && at - begin < IgnorableReader::kLongestGlue &&
         ignorable_->IsGlue(text[begin - 1])) {
    --begin;
  }
  for (; begin <= at; ++begin) {
    // Blanks may mean something.
    for (size_t p = after; p <= end; ++p) {
      if (AnyStands(text, from, begin, {}, p)) return true;
    }
  }
  return false;
}

// Where a head may begin that has its first event at `at`: bytes before it
// stand as they are, or glue does, if a break may begin there.
void Beginnings::AddPlaces(std::string_view text, size_t from, size_t at,
                           Offsets* places) const {
  size_t event = at;  // or where its glue begins
  const auto add = [&] {
    for (size_t raw = 0; raw < kLongHead && raw <= event - from; ++raw) {
      const char* place = text.data() + event - raw;
      if (raw >= 2 && !begins_.Has(place)) continue;
      if (raw >= WindowSet::kWindow && !MayStand(LoadWindow(place))) continue;
      places->push_back(static_cast<uint32_t>(event - raw));
    }
  };
  add();
  while (event > from && at - event < IgnorableReader::kLongestGlue &&
         ignorable_->IsGlue(text[event - 1])) {
    --event;
    add();
  }
}

// So near the end that a head is cut off.
void Beginnings::Tail(std::string_view text, size_t from, size_t begin,
                      Offsets* places) const {
  for (size_t i = std::max(from, begin); i < text.size(); ++i) {
    if (i + WindowSet::kWindow > text.size() ||
        MayStand(LoadWindow(text.data() + i)) ||
        (tiny_ && tiny_begins_.Has(text.data() + i))) {
      places->push_back(static_cast<uint32_t>(i));
    }
  }
}

// Block by block: 1 probes, 2 events; then 3 the tail, 4 each place once.
void Beginnings::Find(std::string_view text, size_t from,
                      Offsets* places) const {
  places->clear();
  if (from >= text.size()) return;
  static thread_local Offsets hits;  // keeps its room; holds no secret
  for (size_t begin = from; begin < text.size(); begin += kBlock) {
    const size_t end = std::min(begin + kBlock, text.size());
    Probe(text, from, begin, end, &hits, places);  // 1
    if (!spelled_) continue;
    hits.clear();
    kernel_->bytes(event_bytes_, event_nibbles_, text, begin, end, &hits);  // 2
    for (uint32_t at : hits) {
      if (MayMatter(text, from, at)) {
        AddPlaces(text, from, at, places);
      }
    }
  }
  const size_t tail = text.size() < kLongHead ? 0 : text.size() - kLongHead + 1;
  Tail(text, from, tail, places);             // 3
  std::sort(places->begin(), places->end());  // 4
  places->erase(std::unique(places->begin(), places->end()), places->end());
}

}  // namespace maskpipe
