#include "src/match/ignorable.h"

#include <algorithm>
#include <array>
#include <bitset>

#include "src/match/characters.h"
#include "src/match/place_memo.h"
#include "src/match/raw_noise.h"

namespace maskpipe {
namespace {

constexpr char kEscape = '\x1b';
constexpr int kMostInARow = 6;
constexpr int kMostReturns = 8;
constexpr ByteSet kQuotes = ByteSet::Of("'\"");
constexpr ByteSet kBlank = ByteSet::Of(" ");
constexpr ByteSet kGlue = ByteSet::Of("+\\=");
constexpr ByteSet kLineEnd = ByteSet::Of("\r\n");
constexpr ByteSet kBeginsBreak = ByteSet::Of("'\" +\\=\r\n");
constexpr ByteSet kIndents = ByteSet::Of(" \t");

bool IsOne(const Reading& r, const ByteSet& set) {
  return r.size == 1 && set.Has(r.bytes[0]);
}

bool IsOne(const Reading& r, char c) { return r.size == 1 && r.bytes[0] == c; }

// Whether what is cut off may become one of the set.
bool MayBecome(const Readings& units, const ByteSet& set) {
  return units.cut.Meets(set) || units.broken_cut.Meets(set);
}

// Places in a text, each once.
class Places {
 public:
  // More cannot be told apart in what printers write.
  static constexpr size_t kMost = 64;

  void Add(size_t place) {
    if (std::find(begin(), end(), place) != end() || size_ == kMost) return;
    list_[size_++] = place;
  }
  const size_t* begin() const { return list_.data(); }
  const size_t* end() const { return list_.data() + size_; }

 private:
  std::array<size_t, kMost> list_{};
  size_t size_ = 0;
};

void AddEnd(std::vector<IgnorableEnd>* ends, IgnorableEnd end) {
  for (IgnorableEnd& e : *ends) {
    if (e.end != end.end) continue;
    e.after_break = std::min(e.after_break, end.after_break);
    return;
  }
  ends->push_back(end);
}

}  // namespace

IgnorableReader::IgnorableReader(const SpellingReader* reader)
    : reader_(reader), begins_(reader->leads()), break_bytes_(kBeginsBreak) {
  begins_ |= break_bytes_;
  begins_ |= kWhite;
  begins_.Add(static_cast<uint8_t>(kEscape));
  for (unsigned b = 0; b < 256; ++b) {
    if (!begins_.Has(static_cast<uint8_t>(b))) {
      quiet_pairs_[b].AddRange(0, 0xff);
      continue;
    }
    const char c = static_cast<char>(b);
    if (c == kEscape || c == '\r' || c == '\n') continue;
    for (unsigned next = 0; next < 256; ++next) {
      const char two[] = {c, static_cast<char>(next)};
      // What may begin something itself could be what one is told by.
      if (!begins_.Has(two[1]) && !reader->MayFollow(c, two[1]) &&
          !MayBreakAt({two, 2}, 0)) {
        quiet_pairs_[b].Add(static_cast<uint8_t>(next));
      }
    }
  }
}

bool IgnorableReader::MayBreakAt(std::string_view text, size_t p,
                                 int characters) const {
  if (p >= text.size()) return true;
  const char c = text[p];
  if (c == '\r' || c == '\n') return true;
  const bool raw = break_bytes_.Has(c);
  if (p + 1 == text.size()) return raw || reader_->Leads(c);
  if (!reader_->MayBecome(c, text[p + 1]).Meets(break_bytes_)) {
    return raw && characters > 0 && MayBreakAt(text, p + 1, characters - 1);
  }
  Readings units;
  if (!reader_->ReadSimple(text, p, &units)) return true;
  for (const Reading& r : units) {
    const char b = r.bytes[0];
    if (r.size != 1 || !break_bytes_.Has(b)) continue;
    if (b == '\r' || b == '\n') return true;
    if (characters > 0 && MayBreakAt(text, r.end, characters - 1)) return true;
  }
  return false;
}

bool IgnorableReader::MayReadAt(std::string_view text, size_t p) const {
  if (p == text.size()) return true;
  const char c = text[p];
  if (c == kEscape || MayBreakAt(text, p)) return true;
  if (!reader_->Leads(c)) return false;
  if (p + 1 == text.size()) return true;
  if (!reader_->MayBecome(c, text[p + 1]).Has(kEscape)) return false;
  Readings units;
  if (!reader_->ReadSimple(text, p, &units)) return true;
  return std::any_of(units.begin(), units.end(),
                     [](const Reading& r) { return r.bytes[0] == kEscape; });
}

// The rest of a sequence whose ESC was read; as EndOfTerminalSequence().
size_t IgnorableReader::SpelledTerminalSequence(std::string_view text,
                                                size_t begin, size_t p) const {
  Readings units;
  bool opened = false;
  for (;;) {
    if (p - begin >= kLongestTerminalSequence) return 0;
    if (p == text.size()) return text.npos;
    const char raw = text[p];
    if (!reader_->Leads(raw)) {
      if (!opened) {
        if (raw == '(') return p + 1 < text.size() ? p + 2 : text.npos;
        if (raw != '[') return 0;
        opened = true;
      } else if (raw >= 0x40 && raw <= 0x7e) {
        return p + 1;
      } else if (raw < 0x20 || raw > 0x3f) {
        return 0;
      }
      ++p;
      continue;
    }
    reader_->Read(text, p, &units);
    const auto parameter = [&](const Reading& r) {
      if (r.size != 1) return false;
      return opened ? r.bytes[0] >= 0x20 && r.bytes[0] <= 0x3f
                    : r.bytes[0] == '[' && !r.raw;
    };
    // The longest, since half an escape is no parameter.
    const Reading* best = nullptr;
    for (const Reading& r : units) {
      if (parameter(r) && (best == nullptr || r.end > best->end)) best = &r;
    }
    if (!units.cut.empty()) return text.npos;
    if (best == nullptr) return 0;
    opened = true;
    p = best->end;
  }
}

// From left to right, so that each place is read once; of the ways that lead to
// one the one counts after which the most may follow.
void IgnorableReader::Break(std::string_view text, size_t begin, bool blanks,
                            Ignorable* out) const {
  // What may still come: a quote, a blank, glue, and so many carriage returns.
  enum Stage : int { kFromQuote, kFromBlank, kFromGlue, kFromReturn };
  constexpr int kLast = kFromReturn + kMostReturns;
  struct Place {
    size_t p;
    int stage;
  };
  std::array<Place, Places::kMost> places{};
  size_t known = 0;
  const auto add = [&](size_t p, int stage) {
    for (size_t i = 0; i < known; ++i) {
      if (places[i].p != p) continue;
      places[i].stage = std::min(places[i].stage, stage);
      return;
    }
    if (known < places.size()) places[known++] = {p, stage};
  };
  add(begin, kFromQuote);
  Places behind;
  for (size_t i = 0; i < known; ++i) {
    const auto rest = places.begin() + static_cast<ptrdiff_t>(i);
    std::iter_swap(
        rest, std::min_element(
                  rest, places.begin() + static_cast<ptrdiff_t>(known),
                  [](const Place& a, const Place& b) { return a.p < b.p; }));
    const auto [p, stage] = places[i];
    if (p == text.size()) {
      out->cut_break = true;
      continue;
    }
    if (!kBeginsBreak.Has(text[p]) && !reader_->Leads(text[p])) continue;
    const Readings& units = reader_->ReadAt(text, p);
    for (const Reading& r : units) {
      if (r.size != 1) continue;
      const char c = r.bytes[0];
      if (stage <= kFromQuote && kQuotes.Has(c)) add(r.end, kFromBlank);
      if (stage <= kFromBlank && c == ' ') add(r.end, kFromGlue);
      if (stage <= kFromGlue && kGlue.Has(c)) add(r.end, kFromReturn);
      if (stage < kLast && c == '\r') {
        add(r.end, std::max<int>(stage, kFromReturn) + 1);
      }
      if (c == '\n') behind.Add(r.end);
    }
    if (MayBecome(units, kLineEnd) ||
        (stage <= kFromQuote && MayBecome(units, kQuotes)) ||
        (stage <= kFromBlank && MayBecome(units, kBlank)) ||
        (stage <= kFromGlue && MayBecome(units, kGlue))) {
      out->cut_break = true;
    }
  }
  for (size_t p : behind) Indentation(text, p, blanks, out);
}

void IgnorableReader::Indentation(std::string_view text, size_t p, bool blanks,
                                  Ignorable* out) const {
  const size_t begin = p;
  Readings units;
  for (;;) {
    const bool at_end = p == text.size();
    const bool white = !at_end && (text[p] == ' ' || text[p] == '\t');
    if (!white || blanks) AddEnd(&out->ends, {p, p});
    if (p - begin >= kLongestIndentation) return;
    if (at_end) {
      out->cut_after = true;
      return;
    }
    if (white) {
      ++p;
      continue;
    }
    if (!kQuotes.Has(text[p]) && text[p] != 'b' && !reader_->Leads(text[p])) {
      return;
    }
    size_t quote = p;
    if (text[p] == 'b') {
      if (++quote == text.size()) {
        out->cut_after = true;
        return;
      }
    }
    reader_->Read(text, quote, &units);
    if (MayBecome(units, kQuotes) ||
        (quote == p && MayBecome(units, kIndents))) {
      out->cut_after = true;
    }
    size_t indented = 0;
    for (const Reading& r : units) {
      if (IsOne(r, kQuotes)) AddEnd(&out->ends, {r.end, r.end});
      if (quote == p && !r.raw && IsOne(r, kIndents)) indented = r.end;
    }
    if (indented == 0) return;
    p = indented;
  }
}

const Ignorable& IgnorableReader::Read(std::string_view text, size_t p,
                                       bool blanks) const {
  static const Ignorable kNothing;
  if (!MayReadAt(text, p)) return kNothing;
  auto& memo = PlaceMemo<Ignorable>::OfThisThread();
  memo.Begin(reader_->id(), text);
  const char* const at = text.data() + p;
  if (const Ignorable* known = memo.Get(at, blanks)) return *known;
  Ignorable& found = memo.Make(at, blanks);
  found.ends.clear();
  found.cut = found.cut_break = found.cut_after = false;
  Skip(text, p, blanks, &found);
  return found;
}

void IgnorableReader::Skip(std::string_view text, size_t p, bool blanks,
                           Ignorable* out) const {
  struct Place {
    size_t p;
    int sequences;
    size_t after_break;
  };
  Place places[2 * kMostInARow + 2];
  size_t known = 0;
  Readings units;
  Ignorable found;

  const auto cut = [out](const Place& at) {
    (at.after_break == 0 ? out->cut : out->cut_after) = true;
  };

  // Terminal sequences from one place on; every end is an end of all.
  const auto sequences = [&](Place at) {
    while (at.sequences < kMostInARow && at.p < text.size()) {
      const char raw = text[at.p];
      size_t end = 0;
      size_t inside = 0;  // behind a break in the escape that spells ESC
      if (raw == kEscape) {
        end = EndOfTerminalSequence(text, at.p);
      } else if (reader_->Leads(raw)) {
        reader_->Read(text, at.p, &units);
        if (units.cut.Has(kEscape)) cut(at);
        if (units.broken_cut.Has(kEscape)) out->cut_after = true;
        for (const Reading& r : units) {
          if (!r.raw && IsOne(r, kEscape) && end == 0) {
            end = SpelledTerminalSequence(text, at.p, r.end);
            inside = r.after_break;
          }
        }
      }
      at.after_break = std::max(at.after_break, inside);
      if (end == text.npos) cut(at);
      if (end == 0 || end == text.npos) return;
      at = {end, at.sequences + 1, at.after_break};
      AddEnd(&out->ends, {at.p, at.after_break});
      if (known < std::size(places)) places[known++] = at;
    }
  };

  places[known++] = {p, 0, 0};
  sequences(places[0]);
  const size_t before_break = known;
  for (size_t i = 0; i < before_break; ++i) {
    const Place at = places[i];
    if (at.after_break != 0) continue;
    if (at.p < text.size() && !MayBreakAt(text, at.p)) continue;
    found.ends.clear();
    found.cut_break = found.cut_after = false;
    if (at.p < text.size()) {
      Break(text, at.p, blanks, &found);
    }
    out->cut_break = out->cut_break || found.cut_break;
    out->cut_after = out->cut_after || found.cut_after;
    for (const IgnorableEnd& e : found.ends) {
      AddEnd(&out->ends, e);
      sequences({e.end, at.sequences, e.after_break});
    }
  }
}

const WhiteSpace& IgnorableReader::ReadWhiteSpace(std::string_view text,
                                                  size_t p) const {
  auto& memo = PlaceMemo<WhiteSpace>::OfThisThread();
  memo.Begin(reader_->id(), text);
  const char* const at = text.data() + p;
  if (const WhiteSpace* known = memo.Get(at, 0)) return *known;
  WhiteSpace& found = memo.Make(at, 0);
  found.cut = false;
  Spread(text, p, &found);
  return found;
}

void IgnorableReader::Spread(std::string_view text, size_t p,
                             WhiteSpace* out) const {
  std::vector<size_t> places = {p};
  std::bitset<kLongestWhiteSpace + 1> known;
  Readings units;
  const auto add = [&](size_t end) {
    if (end - p > kLongestWhiteSpace || known.test(end - p)) return;
    known.set(end - p);
    places.push_back(end);
  };
  for (size_t i = 0; i < places.size(); ++i) {
    size_t at = places[i];
    // Of raw white space only the end matters: what comes next is none.
    const size_t raw = at;
    while (at < text.size() && kWhite.Has(text[at])) ++at;
    if (at > raw) add(at);
    if (at == text.size()) {
      if (at - p <= kLongestWhiteSpace) out->cut = true;
      continue;
    }
    if (!Begins(text[at]) && text[at] != 'b') continue;
    const auto read = [&](size_t begin) -> const std::vector<IgnorableEnd>& {
      const Ignorable& noise = Read(text, begin, false);
      if (noise.cut || noise.cut_break || noise.cut_after) out->cut = true;
      return noise.ends;
    };
    if (at > raw) {
      // A break may begin with the blank before its glue, and end with a quote
      // behind the white space.
      if (MayBreakAt(text, at)) {
        for (const IgnorableEnd& e : read(at)) add(e.end);
      }
      const size_t line_feed = text.substr(raw, at - raw).rfind('\n');
      const char c = text[at];
      if (line_feed != text.npos &&
          (kQuotes.Has(c) || c == 'b' || reader_->Leads(c))) {
        for (const IgnorableEnd& e : read(raw + line_feed)) {
          if (e.end > at) add(e.end);
        }
      }
    } else {
      for (const IgnorableEnd& e : read(at)) {
        // Terminal sequences alone are no white space.
        if (e.after_break != 0 || i != 0) add(e.end);
      }
    }
    if (!reader_->Leads(text[at])) continue;
    reader_->Read(text, at, &units);
    for (const Reading& r : units) {
      if (IsOne(r, kWhite)) add(r.end);
    }
    if (MayBecome(units, kWhite)) out->cut = true;
  }
  out->ends.assign(places.begin() + 1, places.end());
}

}  // namespace maskpipe
