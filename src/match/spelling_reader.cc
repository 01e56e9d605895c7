#include "src/match/spelling_reader.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <limits>

namespace maskpipe {
namespace {

constexpr size_t kEnd = 256;  // in rows_before_: no byte follows

bool IsAlnum(char c) {
  const char lower = static_cast<char>(c | 0x20);
  return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9');
}

bool IsPunctuation(char c) { return c >= 0x20 && c < 0x7f && !IsAlnum(c); }

// -1: no digit of the base.
int DigitOf(char c, uint8_t base) {
  int value = -1;
  if (c >= '0' && c <= '9') value = c - '0';
  const char lower = static_cast<char>(c | 0x20);
  if (lower >= 'a' && lower <= 'f') value = lower - 'a' + 10;
  return value < base ? value : -1;
}

ByteSet AllPunctuation() {
  ByteSet set;
  for (int c = 0x20; c < 0x7f; ++c) {
    if (IsPunctuation(static_cast<char>(c))) set.Add(static_cast<uint8_t>(c));
  }
  return set;
}

// The first bytes of the code points from `first` to `last`.
ByteSet FirstBytes(uint32_t first, uint32_t last) {
  ByteSet set;
  char from[4], to[4];
  constexpr uint32_t kLast = 0x10ffff;
  if (first > kLast) return set;
  if (first >= 0xd800 && first <= 0xdfff) first = 0xe000;
  last = std::min(last, kLast);
  if (last >= 0xd800 && last <= 0xdfff) last = 0xd7ff;
  if (first > last) return set;
  EncodeUtf8(first, from);
  EncodeUtf8(last, to);
  const auto low = static_cast<uint8_t>(from[0]);
  const auto high = static_cast<uint8_t>(to[0]);
  set.AddRange(low, high);  // the others between are no first bytes: no harm
  return set;
}

uint32_t Power(uint32_t base, unsigned exponent) {
  uint64_t power = 1;
  while (exponent-- > 0) {
    power =
        std::min<uint64_t>(power * base, std::numeric_limits<uint32_t>::max());
  }
  return static_cast<uint32_t>(power);
}

}  // namespace

size_t EncodeUtf8(uint32_t c, char* out) {
  const auto byte = [](uint32_t b) { return static_cast<char>(b); };
  if (c < 0x80) {
    out[0] = byte(c);
    return 1;
  }
  if (c < 0x800) {
    out[0] = byte(0xc0 | c >> 6);
    out[1] = byte(0x80 | (c & 0x3f));
    return 2;
  }
  if (c < 0x10000) {
    if (c >= 0xd800 && c <= 0xdfff) return 0;
    out[0] = byte(0xe0 | c >> 12);
    out[1] = byte(0x80 | (c >> 6 & 0x3f));
    out[2] = byte(0x80 | (c & 0x3f));
    return 3;
  }
  if (c > 0x10ffff) return 0;
  out[0] = byte(0xf0 | c >> 18);
  out[1] = byte(0x80 | (c >> 12 & 0x3f));
  out[2] = byte(0x80 | (c >> 6 & 0x3f));
  out[3] = byte(0x80 | (c & 0x3f));
  return 4;
}

size_t EndOfTerminalSequence(std::string_view text, size_t p) {
  const size_t limit = p + kLongestTerminalSequence;
  if (p + 1 >= text.size()) return text.npos;
  if (text[p + 1] == '(') return p + 2 < text.size() ? p + 3 : text.npos;
  if (text[p + 1] != '[') return 0;
  for (size_t i = p + 2; i < limit; ++i) {
    if (i >= text.size()) return text.npos;
    const char c = text[i];
    if (c >= 0x40 && c <= 0x7e) return i + 1;
    if (c < 0x20 || c > 0x3f) return 0;
  }
  return 0;
}

size_t EndOfRawBreak(std::string_view text, size_t p) {
  constexpr size_t kMostReturns = 8;
  const size_t begin = p;
  while (p < text.size() && text[p] == '\r' && p - begin < kMostReturns) ++p;
  if (p >= text.size()) return text.npos;
  if (text[p++] != '\n') return 0;
  const size_t indentation = p;
  while (p < text.size() && (text[p] == ' ' || text[p] == '\t') &&
         p - indentation < kLongestIndentation) {
    ++p;
  }
  return p == text.size() ? text.npos : p;
}

void Readings::Add(const Reading& r) {
  for (size_t i = 0; i < size_; ++i) {
    Reading& known = list_[i];
    if (known.end == r.end && known.unit() == r.unit()) {
      known.after_break = std::min(known.after_break, r.after_break);
      return;
    }
  }
  if (size_ < kMost) list_[size_++] = r;
}

SpellingReader::Row SpellingReader::Parse(const SpellingRow& source) {
  Row row{.elements = {}, .source = &source, .values = {}};
  const std::string_view pattern = source.pattern;
  for (size_t i = 0; i < pattern.size();) {
    const char c = pattern[i];
    const size_t close = c == '<' ? pattern.find('>', i) : pattern.npos;
    if (close == pattern.npos) {
      row.elements.push_back(
          {.kind = IsAlnum(c) ? Element::kLetter : Element::kPunctuation,
           .c = c});
      ++i;
      continue;
    }
    const std::string_view token = pattern.substr(i + 1, close - i - 1);
    i = close + 1;
    Element element{.kind = Element::kDigits};
    if (token == "punct") {
      element.kind = Element::kAnyPunctuation;
    } else if (token == "name") {
      element.kind = Element::kName;
    } else if (token == "quotes") {
      element.kind = Element::kQuotes;
      element.c = source.unit[0];
    } else {
      element.base = token[0] == 'x' ? 16 : token[0] == 'd' ? 10 : 8;
      element.least = static_cast<uint8_t>(token[1] - '0');
      element.most = static_cast<uint8_t>(token.back() - '0');
    }
    row.elements.push_back(element);
  }
  return row;
}

ByteSet SpellingReader::ValuesOf(const Row& row) const {
  ByteSet values;
  switch (row.source->value) {
    case SpelledValue::kFixed:
    case SpelledValue::kRepeated:
      values.Add(static_cast<uint8_t>(row.source->unit[0]));
      break;
    case SpelledValue::kByte:
    case SpelledValue::kByteOrCodePoint:
      values.AddRange(0, 255);
      break;
    case SpelledValue::kCodePoint:
    case SpelledValue::kCodeUnit:
      values = FirstBytes(0, 0x10ffff);
      break;
    case SpelledValue::kSame:
      values = AllPunctuation();
      break;
    case SpelledValue::kNamed:
      for (const NamedEntity& e : NamedEntities()) {
        values |= FirstBytes(e.code_point, e.code_point);
      }
      break;
  }
  return values;
}

SpellingReader::SpellingReader(std::span<const SpellingRow> rows) {
  for (const SpellingRow& row : rows) {
    rows_.push_back(Parse(row));
    rows_.back().values = ValuesOf(rows_.back());
    leads_.Add(static_cast<uint8_t>(row.pattern[0]));
  }
  leads_.ForEach([this](uint8_t lead) {
    lead_index_[lead] = static_cast<uint8_t>(rows_of_.size());
    rows_of_.emplace_back();
    rows_before_.emplace_back();
    for (uint16_t r = 0; r < rows_.size(); ++r) {
      const std::vector<Element>& elements = rows_[r].elements;
      if (static_cast<uint8_t>(elements[0].c) != lead) continue;
      rows_of_.back().push_back(r);
      for (size_t b = 0; b <= kEnd; ++b) {
        const char next = static_cast<char>(b);
        // Noise may stand anywhere inside, and a spelled character may stand
        // for any punctuation.
        bool goes_on = elements.size() == 1 || b == kEnd || next == '\x1b' ||
                       next == '\r' || next == '\n';
        if (!goes_on) {
          const Element& e = elements[1];
          switch (e.kind) {
            case Element::kPunctuation:
            case Element::kQuotes:
              goes_on = next == e.c || leads_.Has(next);
              break;
            case Element::kAnyPunctuation:
              goes_on = IsPunctuation(next) || leads_.Has(next);
              break;
            case Element::kLetter:
              goes_on = next == e.c;
              break;
            case Element::kDigits:
              goes_on = DigitOf(next, e.base) >= 0;
              break;
            case Element::kName:
              goes_on = IsAlnum(next);
              break;
          }
        }
        if (goes_on) rows_before_.back()[b].push_back(r);
      }
    }
  });
  for (unsigned b = 0; b < 256; ++b) {
    closure_[0][b].Add(static_cast<uint8_t>(b));
  }
  for (int levels = 1; levels <= kSpellingLevels; ++levels) {
    const size_t n = static_cast<size_t>(levels);
    for (unsigned b = 0; b < 256; ++b) {
      closure_[n][b] = closure_[n - 1][b];
      for (const Row& row : rows_) {
        if (static_cast<uint8_t>(row.elements[0].c) != b) continue;
        row.values.ForEach(
            [&](uint8_t v) { closure_[n][b] |= closure_[n - 1][v]; });
      }
    }
  }
}

bool SpellingReader::MayFollow(char lead, char next) const {
  const size_t index = lead_index_[static_cast<uint8_t>(lead)];
  return Leads(lead) &&
         !rows_before_[index][static_cast<uint8_t>(next)].empty();
}

// Level by level: what is read at one is what a row of the next may begin with.
void SpellingReader::Units(std::string_view text, size_t p, int level,
                           Readings* out) const {
  out->Clear();
  out->Add({.bytes = {text[p]},
            .size = 1,
            .raw = true,
            .end = p + 1,
            .after_break = 0});
  if (!Leads(text[p])) return;
  for (int n = 1; n <= level; ++n) {
    const size_t known = out->size();
    bool again = false;
    for (size_t i = 0; i < known; ++i) {
      const Reading lead = (*out)[i];
      if (lead.size != 1 || !Leads(lead.bytes[0])) continue;
      Rows(text, lead, n - 1, level - n, out, &again);
    }
    // A new unit that leads, or punctuation that a higher level may read.
    for (size_t i = known; i < out->size(); ++i) {
      again = again || ((*out)[i].size == 1 && Leads((*out)[i].bytes[0]));
    }
    if (!again) return;
  }
}

void SpellingReader::Rows(std::string_view text, const Reading& lead, int level,
                          int levels_left, Readings* out, bool* again) const {
  const size_t index = lead_index_[static_cast<uint8_t>(lead.bytes[0])];
  const size_t next =
      lead.end < text.size() ? static_cast<uint8_t>(text[lead.end]) : kEnd;
  for (uint16_t r : rows_before_[index][next]) {
    Progress so_far;
    so_far.p = lead.end;
    so_far.after_break = lead.after_break;
    Match({text, rows_[r], level, levels_left, out, again}, 1, so_far);
  }
}

// Skips terminal sequences and breaks, to the text's end where it ends inside.
void SpellingReader::SkipRawNoise(const Attempt& a, Progress* so_far) {
  constexpr int kMostInARow = 6;
  for (int i = 0; i < kMostInARow && so_far->p < a.text.size(); ++i) {
    const char c = a.text[so_far->p];
    size_t end = 0;
    if (c == '\x1b') end = EndOfTerminalSequence(a.text, so_far->p);
    if (c == '\r' || c == '\n') end = EndOfRawBreak(a.text, so_far->p);
    if (end == 0) return;
    so_far->p = std::min(end, a.text.size());
    if (c != '\x1b') so_far->after_break = so_far->p;
  }
}

// What the row may still become.
ByteSet SpellingReader::Possible(const Attempt& a, const Progress& so_far) {
  if (so_far.high != 0) {
    const uint32_t first = 0x10000 + ((so_far.high - 0xd800) << 10);
    return FirstBytes(first, first + 0x3ff);
  }
  if (!so_far.known) return a.row.values;
  ByteSet values;
  const SpelledValue v = a.row.source->value;
  if (v == SpelledValue::kSame) {
    values.Add(static_cast<uint8_t>(so_far.same));
  } else {
    values = FirstBytes(so_far.value, so_far.value);
  }
  return values;
}

void SpellingReader::Match(const Attempt& a, size_t element,
                           Progress so_far) const {
  if (element == a.row.elements.size()) {
    Complete(a, so_far);
    return;
  }
  SkipRawNoise(a, &so_far);
  const Element& e = a.row.elements[element];
  const bool at_end = so_far.p == a.text.size();
  switch (e.kind) {
    case Element::kLetter:
      if (at_end) {
        Cut(a, so_far, Possible(a, so_far));
      } else if (a.text[so_far.p] == e.c) {
        ++so_far.p;
        Match(a, element + 1, so_far);
      }
      return;
    case Element::kDigits:
      MatchDigits(a, element, so_far);
      return;
    case Element::kName:
      MatchName(a, element, so_far);
      return;
    case Element::kPunctuation:
    case Element::kQuotes:
    case Element::kAnyPunctuation:
      break;
  }
  if (at_end) {
    Cut(a, so_far, Possible(a, so_far));
    return;
  }
  Punctuation(a, e, so_far, [&](char c, Progress next) {
    if (e.kind == Element::kAnyPunctuation) {
      if (!IsPunctuation(c)) return;
      next.same = c;
      next.known = true;
      Match(a, element + 1, next);
      return;
    }
    if (c != e.c) return;
    Match(a, element + 1, next);
    if (e.kind == Element::kQuotes &&
        ++next.repeats < Reading::kMostBytes - 1) {
      Match(a, element, next);
    }
  });
}

// Calls `each` with all that can be read of the row's next punctuation.
template <typename F>
void SpellingReader::Punctuation(const Attempt& a, const Element& e,
                                 const Progress& so_far, F&& each) const {
  const char raw = a.text[so_far.p];
  if (!Leads(raw)) {
    Progress next = so_far;
    ++next.p;
    each(raw, next);
    return;
  }
  *a.again = true;
  Readings units;
  Units(a.text, so_far.p, a.punctuation_level, &units);
  for (const Reading& r : units) {
    if (r.size != 1) continue;
    Progress next = so_far;
    next.p = r.end;
    next.after_break = std::max(so_far.after_break, r.after_break);
    each(r.bytes[0], next);
  }
  // Half of a spelled character, which may be the one that is wanted.
  const auto cut = [&](const ByteSet& may_become, size_t after_break) {
    Progress next = so_far;
    next.p = a.text.size();
    next.after_break = std::max(so_far.after_break, after_break);
    ByteSet values;
    if (e.kind != Element::kAnyPunctuation) {
      if (may_become.Has(e.c)) values = Possible(a, so_far);
    } else {
      may_become.ForEach([&values](uint8_t b) {
        if (IsPunctuation(static_cast<char>(b))) values.Add(b);
      });
    }
    Cut(a, next, values);
  };
  if (!units.cut.empty()) cut(units.cut, 0);
  if (!units.broken_cut.empty()) cut(units.broken_cut, units.broken_at);
}

void SpellingReader::MatchDigits(const Attempt& a, size_t element,
                                 Progress so_far) const {
  const Element& e = a.row.elements[element];
  for (unsigned digits = 0;; ++digits) {
    if (digits >= e.least) {
      Progress complete = so_far;
      complete.known = so_far.high == 0;
      Match(a, element + 1, complete);
    }
    if (digits == e.most) return;
    SkipRawNoise(a, &so_far);
    if (so_far.p == a.text.size()) {
      // Every number that begins with these digits.
      ByteSet values;
      for (unsigned more = 0; digits + more <= e.most; ++more) {
        if (digits + more < e.least || more == 0) continue;
        const uint64_t first = uint64_t{so_far.value} * Power(e.base, more);
        const uint64_t last = first + Power(e.base, more) - 1;
        const uint32_t low = static_cast<uint32_t>(
            std::min<uint64_t>(first, std::numeric_limits<uint32_t>::max()));
        const uint32_t high = static_cast<uint32_t>(
            std::min<uint64_t>(last, std::numeric_limits<uint32_t>::max()));
        if (so_far.high != 0) {
          values |= Possible(a, so_far);
          continue;
        }
        const SpelledValue v = a.row.source->value;
        if (v == SpelledValue::kByte || v == SpelledValue::kByteOrCodePoint) {
          if (low <= 255) values.AddRange(low, std::min<uint32_t>(high, 255));
        }
        if (v != SpelledValue::kByte) values |= FirstBytes(low, high);
        // A first half may be followed by a second one.
        if (v == SpelledValue::kCodeUnit && low <= 0xdbff && high >= 0xd800) {
          values.AddRange(0xf0, 0xf4);
        }
      }
      Cut(a, so_far, values);
      return;
    }
    const int digit = DigitOf(a.text[so_far.p], e.base);
    if (digit < 0) return;
    const uint64_t value =
        uint64_t{so_far.value} * e.base + static_cast<unsigned>(digit);
    if (value > std::numeric_limits<uint32_t>::max()) return;
    so_far.value = static_cast<uint32_t>(value);
    ++so_far.p;
  }
}

void SpellingReader::MatchName(const Attempt& a, size_t element,
                               Progress so_far) const {
  std::array<char, 16> name;
  size_t n = 0;
  const auto known = [&](bool whole) {
    const std::string_view prefix(name.data(), n);
    const std::span<const NamedEntity> all = NamedEntities();
    const auto at = std::lower_bound(
        all.begin(), all.end(), prefix,
        [](const NamedEntity& x, std::string_view y) { return x.name < y; });
    const bool found =
        at != all.end() &&
        (whole ? at->name == prefix : at->name.substr(0, n) == prefix);
    return found ? &*at : nullptr;
  };
  for (;;) {
    if (const NamedEntity* whole = known(true); n > 0 && whole != nullptr) {
      Progress next = so_far;
      next.value = whole->code_point;
      next.known = true;
      Match(a, element + 1, next);
    }
    SkipRawNoise(a, &so_far);
    if (so_far.p == a.text.size()) {
      if (known(false) != nullptr) {
        ByteSet values;
        for (const NamedEntity* e = known(false);
             e != NamedEntities().data() + NamedEntities().size() &&
             e->name.substr(0, n) == std::string_view(name.data(), n);
             ++e) {
          values |= FirstBytes(e->code_point, e->code_point);
        }
        Cut(a, so_far, values);
      }
      return;
    }
    const char c = a.text[so_far.p];
    if (n == name.size() || !IsAlnum(c)) return;
    name[n++] = c;
    ++so_far.p;
    if (known(false) == nullptr) return;
  }
}

void SpellingReader::Complete(const Attempt& a, const Progress& so_far) const {
  const SpellingRow& row = *a.row.source;
  std::array<char, Reading::kMostBytes> bytes{};
  const auto emit_code_point = [&](uint32_t code_point) {
    const size_t n = EncodeUtf8(code_point, bytes.data());
    if (n != 0) Emit(a, so_far, {bytes.data(), n});
  };
  switch (row.value) {
    case SpelledValue::kFixed:
      Emit(a, so_far, row.unit);
      return;
    case SpelledValue::kSame:
      Emit(a, so_far, {&so_far.same, 1});
      return;
    case SpelledValue::kRepeated:
      bytes.fill(row.unit[0]);
      Emit(a, so_far, {bytes.data(), size_t{so_far.repeats} + 1});
      return;
    case SpelledValue::kByte:
    case SpelledValue::kByteOrCodePoint:
      if (so_far.value > 0xff) return;
      bytes[0] = static_cast<char>(so_far.value);
      Emit(a, so_far, {bytes.data(), 1});
      if (row.value == SpelledValue::kByteOrCodePoint && so_far.value >= 0x80) {
        emit_code_point(so_far.value);
      }
      return;
    case SpelledValue::kCodePoint:
    case SpelledValue::kNamed:
      emit_code_point(so_far.value);
      return;
    case SpelledValue::kCodeUnit:
      break;
  }
  const uint32_t v = so_far.value;
  if (so_far.high != 0) {
    if (v < 0xdc00 || v > 0xdfff) return;
    emit_code_point(0x10000 + ((so_far.high - 0xd800) << 10) + (v - 0xdc00));
    return;
  }
  if (v < 0xd800 || v > 0xdbff) {
    emit_code_point(v);
    return;
  }
  // Half of a pair: the other half is spelled by the same row.
  Progress next = so_far;
  next.high = v;
  next.value = 0;
  next.known = false;
  Match(a, 0, next);
}

void SpellingReader::Emit(const Attempt& a, const Progress& so_far,
                          std::string_view unit) const {
  Reading r{.bytes = {},
            .size = static_cast<uint8_t>(unit.size()),
            .raw = false,
            .end = so_far.p,
            .after_break = so_far.after_break};
  std::memcpy(r.bytes.data(), unit.data(), unit.size());
  a.out->Add(r);
}

void SpellingReader::Cut(const Attempt& a, const Progress& so_far,
                         const ByteSet& values) const {
  if (values.empty()) return;
  ByteSet may_become;
  const auto& closure = closure_[static_cast<size_t>(a.levels_left)];
  values.ForEach([&](uint8_t v) { may_become |= closure[v]; });
  if (so_far.after_break == 0) {
    a.out->cut |= may_become;
    return;
  }
  a.out->broken_cut |= may_become;
  a.out->broken_at = a.out->broken_at == 0
                         ? so_far.after_break
                         : std::min(a.out->broken_at, so_far.after_break);
}

}  // namespace maskpipe
