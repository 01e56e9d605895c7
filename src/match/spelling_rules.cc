#include "src/match/spelling_rules.h"

#include <algorithm>

#include "src/match/characters.h"

namespace maskpipe {
namespace {

ByteSet AllWide() {
  ByteSet set;
  set.AddRange(0x80, 0xff);
  return set;
}

ByteSet AllPunctuation() {
  ByteSet set;
  for (int c = 0x20; c < 0x7f; ++c) {
    if (IsPunctuation(static_cast<char>(c))) set.Add(static_cast<uint8_t>(c));
  }
  return set;
}

}  // namespace

SpellingRules::Row SpellingRules::Parse(const SpellingRow& source) {
  Row row{
      .elements = {}, .source = &source, .values = {}, .punctuation = false};
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
    } else if (token == "wide") {
      element.kind = Element::kWide;
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
  for (size_t i = 1; i < row.elements.size(); ++i) {
    const Element::Kind kind = row.elements[i].kind;
    row.punctuation = row.punctuation || kind == Element::kPunctuation ||
                      kind == Element::kAnyPunctuation ||
                      kind == Element::kQuotes;
  }
  // Of a surrogate pair the second lead may be spelled.
  if (source.value == SpelledValue::kCodeUnit) row.punctuation = true;
  return row;
}

ByteSet SpellingRules::ValuesOf(const Row& row) {
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
      values = row.elements.back().kind == Element::kWide ? AllWide()
                                                          : AllPunctuation();
      break;
    case SpelledValue::kNamed:
      for (const NamedEntity& e : NamedEntities()) {
        values |= FirstBytes(e.code_point, e.code_point);
      }
      break;
  }
  return values;
}

ByteSet SpellingRules::ValuesOf(const Row& row, char next) {
  if (row.elements.size() != 2 || row.elements[1].kind != Element::kDigits) {
    return row.values;
  }
  const Element& e = row.elements[1];
  const int digit = DigitOf(next, e.base);
  const SpelledValue v = row.source->value;
  if (digit < 0 || v == SpelledValue::kCodeUnit) return row.values;
  ByteSet values;
  for (unsigned digits = e.least; digits <= e.most; ++digits) {
    const uint32_t power = Power(e.base, digits - 1);
    const uint64_t first = uint64_t{power} * static_cast<unsigned>(digit);
    const uint64_t last = first + power - 1;
    if (v == SpelledValue::kByte || v == SpelledValue::kByteOrCodePoint) {
      if (first <= 255) {
        values.AddRange(static_cast<uint32_t>(first),
                        static_cast<uint32_t>(std::min<uint64_t>(last, 255)));
      }
    }
    const uint32_t most = v == SpelledValue::kByteOrCodePoint ? 0xff : 0x10ffff;
    if (v != SpelledValue::kByte && first <= most) {
      values |=
          FirstBytes(static_cast<uint32_t>(first),
                     static_cast<uint32_t>(std::min<uint64_t>(last, most)));
    }
  }
  return values;
}

// Whether a row's second element may be this raw byte.
bool SpellingRules::GoesOnRaw(const Element& e, char next) {
  switch (e.kind) {
    case Element::kPunctuation:
    case Element::kQuotes:
    case Element::kLetter:
      return next == e.c;
    case Element::kAnyPunctuation:
      return IsPunctuation(next);
    case Element::kWide:
      return IsWide(next);
    case Element::kDigits:
      return DigitOf(next, e.base) >= 0;
    case Element::kName:
      return IsAlnum(next);
  }
  return true;
}

// Whether what the row reads can be said with what the others do.
bool SpellingRules::AddShort(const Row& row, char next, Short* so_far) const {
  const std::vector<Element>& elements = row.elements;
  const SpellingRow& source = *row.source;
  const SpelledValue value = source.value;
  Short one;
  if (elements.size() == 3 && elements[1].kind == Element::kName &&
      elements[2].kind == Element::kPunctuation) {
    one = {.kind = Short::kName, .unit = elements[2].c};
  } else if (elements.size() > 1 && elements[1].kind == Element::kDigits) {
    const Element& digits = elements[1];
    const bool two = elements.size() == 2 && digits.base == 16 &&
                     digits.least == 2 && digits.most == 2;
    const bool byte =
        value == SpelledValue::kByte || value == SpelledValue::kByteOrCodePoint;
    if (!two || !byte) return false;
    one = {.kind = Short::kTwoDigits, .length = 3};
  } else if (elements.size() <= 2) {
    const bool fixed = value == SpelledValue::kFixed && source.unit.size() == 1;
    if (!fixed && value != SpelledValue::kSame) return false;
    one = {.kind = Short::kUnit,
           .unit = fixed ? source.unit[0] : next,
           .length = static_cast<uint8_t>(elements.size())};
  } else {
    // What would come next is a stop, so that the row does not go on.
    const Element& e = elements[2];
    return elements[1].kind != Element::kName &&
           elements[1].kind != Element::kQuotes &&
           (e.kind == Element::kPunctuation || e.kind == Element::kQuotes) &&
           leads_.Has(e.c);
  }
  if (so_far->kind == Short::kNothing) *so_far = one;
  return *so_far == one;
}

SpellingRules::Short SpellingRules::ShortOf(uint8_t lead, uint8_t next) const {
  constexpr Short kOther = {.kind = Short::kOther};
  const char l = static_cast<char>(lead), n = static_cast<char>(next);
  const bool noise = n == '\x1b' || n == '\r' || n == '\n';
  Short all;
  for (uint16_t r : rows_before(l, next)) {
    const Row& row = rows_[r];
    if (noise && row.elements.size() > 1) {
      all.kind = Short::kNoise;
      continue;
    }
    if (noise) return kOther;
    const bool raw = row.elements.size() == 1 || GoesOnRaw(row.elements[1], n);
    if (raw && !AddShort(row, n, &all)) return kOther;
  }
  return all;
}

SpellingRules::SpellingRules(std::span<const SpellingRow> rows) {
  for (const SpellingRow& row : rows) {
    rows_.push_back(Parse(row));
    rows_.back().values = ValuesOf(rows_.back());
    leads_.Add(static_cast<uint8_t>(row.pattern[0]));
  }
  // The first is that of bytes that lead nothing.
  rows_before_.emplace_back();
  rows_of_.emplace_back();
  follows_.emplace_back();
  raw_follows_.emplace_back();
  leads_.ForEach([this](uint8_t lead) {
    lead_index_[lead] = static_cast<uint8_t>(rows_before_.size());
    rows_before_.emplace_back();
    rows_of_.emplace_back();
    follows_.emplace_back();
    raw_follows_.emplace_back();
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
        bool spelled = false;
        if (!goes_on) {
          const Element& e = elements[1];
          goes_on = GoesOnRaw(e, next);
          spelled = leads_.Has(next) && (e.kind == Element::kPunctuation ||
                                         e.kind == Element::kQuotes ||
                                         e.kind == Element::kAnyPunctuation);
        }
        if (!goes_on && !spelled) continue;
        rows_before_.back()[b].push_back(r);
        rows_[r].next.set(b);
        if (b == kEnd) continue;
        follows_.back().Add(static_cast<uint8_t>(b));
        if (goes_on) raw_follows_.back().Add(static_cast<uint8_t>(b));
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
  may_become_.resize(rows_before_.size());
  for (size_t lead = 1; lead < rows_before_.size(); ++lead) {
    for (unsigned b = 0; b < 256; ++b) {
      for (uint16_t r : rows_before_[lead][b]) {
        ValuesOf(rows_[r], static_cast<char>(b)).ForEach([&](uint8_t v) {
          may_become_[lead][b] |= closure_[kSpellingLevels - 1][v];
        });
      }
    }
  }
  stops_ = leads_;
  stops_ |= ByteSet::Of("\x1b\r\n");
  shorts_.resize(rows_before_.size());
  leads_.ForEach([this](uint8_t lead) {
    for (unsigned b = 0; b < 256; ++b) {
      shorts_[lead_index_[lead]][b] = ShortOf(lead, static_cast<uint8_t>(b));
    }
  });
}

}  // namespace maskpipe
