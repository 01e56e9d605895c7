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
          switch (e.kind) {
            case Element::kPunctuation:
            case Element::kQuotes:
              goes_on = next == e.c;
              spelled = leads_.Has(next);
              break;
            case Element::kAnyPunctuation:
              goes_on = IsPunctuation(next);
              spelled = leads_.Has(next);
              break;
            case Element::kLetter:
              goes_on = next == e.c;
              break;
            case Element::kWide:
              goes_on = IsWide(next);
              break;
            case Element::kDigits:
              goes_on = DigitOf(next, e.base) >= 0;
              break;
            case Element::kName:
              goes_on = IsAlnum(next);
              break;
          }
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
}

}  // namespace maskpipe
