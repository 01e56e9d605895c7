// One attempt at a row of the table: the part of the reader that goes from
// element to element, where its characters stand as they are (MatchSimple) or
// may themselves be spelled (Match).

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>

#include "src/match/characters.h"
#include "src/match/raw_noise.h"
#include "src/match/spelling_reader.h"

namespace maskpipe {
namespace {

// Null where no entity has the name.
const NamedEntity* FindEntity(std::string_view name) {
  const std::span<const NamedEntity> all = NamedEntities();
  const auto at = std::lower_bound(
      all.begin(), all.end(), name,
      [](const NamedEntity& x, std::string_view y) { return x.name < y; });
  return at != all.end() && at->name == name ? &*at : nullptr;
}

}  // namespace

// Reads the row as long as its characters stand there as they are.
SpellingReader::Simple SpellingReader::MatchSimple(const Attempt& attempt,
                                                   Progress so_far) const {
  const std::string_view text = attempt.text;
  const Row& row = attempt.row;
  for (size_t i = 1; i < row.elements.size(); ++i) {
    const Element& e = row.elements[i];
    SkipRawNoise(attempt, &so_far);
    if (so_far.p == text.size()) return Simple::kUnknown;
    const char c = text[so_far.p];
    switch (e.kind) {
      case Element::kLetter:
        if (c != e.c) return Simple::kNone;
        ++so_far.p;
        break;
      case Element::kPunctuation:
        if (MaySpell(text, so_far.p) &&
            (so_far.p + 1 == text.size() ||
             MayBecome(c, text[so_far.p + 1]).Has(e.c))) {
          return Simple::kUnknown;
        }
        if (c != e.c) return Simple::kNone;
        ++so_far.p;
        break;
      case Element::kAnyPunctuation:
        if (MaySpell(text, so_far.p)) return Simple::kUnknown;
        if (!IsPunctuation(c)) return Simple::kNone;
        so_far.same = c;
        so_far.known = true;
        ++so_far.p;
        break;
      case Element::kWide:
        if (!IsWide(c)) return Simple::kNone;
        so_far.same = c;
        ++so_far.p;
        break;
      case Element::kQuotes:
        if (c == e.c || MaySpell(text, so_far.p)) return Simple::kUnknown;
        return Simple::kNone;
      case Element::kDigits: {
        // Where their number varies each is a reading of its own.
        const bool last = i + 1 == row.elements.size();
        unsigned digits = 0;
        while (digits < e.most) {
          if (so_far.p == text.size()) return Simple::kUnknown;
          const char d = text[so_far.p];
          if (d == '\x1b' || d == '\r' || d == '\n') return Simple::kUnknown;
          const int digit = DigitOf(d, e.base);
          if (digit < 0) break;
          so_far.value = so_far.value * e.base + static_cast<unsigned>(digit);
          ++so_far.p;
          ++digits;
          if (last && digits >= e.least && digits < e.most) {
            Complete(attempt, so_far);
          }
        }
        if (digits < e.least) return Simple::kNone;
        // Fewer digits were read above.
        if (last && digits < e.most) return Simple::kRead;
        break;
      }
      case Element::kName: {
        size_t end = so_far.p;
        while (end < text.size() && IsAlnum(text[end])) ++end;
        if (end == text.size() || text[end] == '\x1b' || text[end] == '\r' ||
            text[end] == '\n') {
          return Simple::kUnknown;
        }
        const NamedEntity* entity =
            FindEntity(text.substr(so_far.p, end - so_far.p));
        if (entity == nullptr) return Simple::kNone;
        so_far.value = entity->code_point;
        so_far.known = true;
        so_far.p = end;
        break;
      }
    }
  }
  const bool half = row.source->value == SpelledValue::kCodeUnit &&
                    so_far.value >= 0xd800 && so_far.value <= 0xdbff;
  if (so_far.high != 0) {
    // What is no second half may be something else.
    if (so_far.value < 0xdc00 || so_far.value > 0xdfff) return Simple::kUnknown;
  } else if (half) {
    // The other half of a surrogate pair, by the same row.
    Progress next = so_far;
    next.high = so_far.value;
    next.value = 0;
    SkipRawNoise(attempt, &next);
    if (next.p + 1 >= text.size()) return Simple::kUnknown;
    const Element& second = row.elements[1];
    const bool same = text[next.p] == row.elements[0].c &&
                      second.kind == Element::kLetter &&
                      text[next.p + 1] == second.c;
    if (!same) {
      return MaySpell(text, next.p) ? Simple::kUnknown : Simple::kNone;
    }
    ++next.p;
    // What begins an escape may also spell the lead.
    return MatchSimple(attempt, next) == Simple::kRead ? Simple::kRead
                                                       : Simple::kUnknown;
  }
  Complete(attempt, so_far);
  return Simple::kRead;
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
    return values;
  }
  if (v != SpelledValue::kByte) {
    values = FirstBytes(so_far.value, so_far.value);
  }
  if (v == SpelledValue::kByte || v == SpelledValue::kByteOrCodePoint) {
    if (so_far.value <= 0xff) values.Add(static_cast<uint8_t>(so_far.value));
  }
  return values;
}

// Element by element, from all places at once.
void SpellingReader::Match(const Attempt& a, size_t element,
                           LentPlaces* places) const {
  LentPlaces next;
  for (; element < a.row.elements.size() && (*places)->size > 0; ++element) {
    next->Clear();
    for (const Progress& at : **places) {
      Step(a, a.row.elements[element], at, &*next);
    }
    places->Swap(&next);
  }
  for (const Progress& at : **places) Complete(a, at);
}

void SpellingReader::Step(const Attempt& a, const Element& e, Progress at,
                          Places* next) const {
  switch (e.kind) {
    case Element::kDigits:
      Digits(a, e, at, next);
      return;
    case Element::kName:
      Name(a, at, next);
      return;
    case Element::kQuotes:
      Quotes(a, e, at, next);
      return;
    case Element::kLetter:
    case Element::kWide:
    case Element::kPunctuation:
    case Element::kAnyPunctuation:
      break;
  }
  SkipRawNoise(a, &at);
  if (at.p == a.text.size()) {
    Cut(a, at, Possible(a, at));
    return;
  }
  if (e.kind == Element::kLetter || e.kind == Element::kWide) {
    const char c = a.text[at.p];
    if (e.kind == Element::kLetter ? c != e.c : !IsWide(c)) return;
    at.same = e.kind == Element::kWide ? c : at.same;
    ++at.p;
    next->Add(at);
    return;
  }
  Punctuation(a, e, at, [&](char c, Progress behind) {
    if (e.kind == Element::kAnyPunctuation) {
      if (!IsPunctuation(c)) return;
      behind.same = c;
      behind.known = true;
      next->Add(behind);
    } else if (c == e.c) {
      next->Add(behind);
    }
  });
}

// One quote after the other, from all places where the last may end.
void SpellingReader::Quotes(const Attempt& a, const Element& e,
                            const Progress& at, Places* next) const {
  LentPlaces ends, behind;
  ends->Clear();
  ends->Add(at);
  for (uint8_t repeats = 0; repeats + 1u < Reading::kMostBytes; ++repeats) {
    behind->Clear();
    for (Progress end : *ends) {
      SkipRawNoise(a, &end);
      if (end.p == a.text.size()) {
        Cut(a, end, Possible(a, end));
        continue;
      }
      Punctuation(a, e, end, [&](char c, Progress one) {
        if (c != e.c) return;
        one.repeats = repeats;
        behind->Add(one);
      });
    }
    if (behind->size == 0) return;
    for (const Progress& end : *behind) next->Add(end);
    ends.Swap(&behind);
  }
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
  const Readings& units = Inner(a.text, so_far.p, a.punctuation_level);
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

void SpellingReader::Digits(const Attempt& a, const Element& e, Progress so_far,
                            Places* next) const {
  for (unsigned digits = 0;; ++digits) {
    if (digits >= e.least) {
      Progress complete = so_far;
      complete.known = so_far.high == 0;
      next->Add(complete);
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
        const uint32_t most = v == SpelledValue::kByteOrCodePoint ? 0xff : high;
        if (v != SpelledValue::kByte && low <= most) {
          values |= FirstBytes(low, std::min(high, most));
        }
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

void SpellingReader::Name(const Attempt& a, Progress so_far,
                          Places* next) const {
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
      Progress complete = so_far;
      complete.value = whole->code_point;
      complete.known = true;
      next->Add(complete);
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
  LentPlaces places;
  places->Clear();
  places->Add(next);
  Match(a, 0, &places);
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
  if (so_far.after_break == 0) {
    a.out->cut |= values;
    return;
  }
  a.out->broken_cut |= values;
  a.out->broken_at = a.out->broken_at == 0
                         ? so_far.after_break
                         : std::min(a.out->broken_at, so_far.after_break);
}

}  // namespace maskpipe
