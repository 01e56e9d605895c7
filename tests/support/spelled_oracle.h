// What an occurrence in any spelling is, in the printer's direction: for each
// unit of a needle the ways to print it, and an occurrence is a chain of them.
// It shares the table with the matcher and nothing else: no lattice, no index,
// no walk. Slow, and meant to be obviously right.

#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "src/match/needle.h"
#include "src/match/spelling_table.h"
#include "tests/support/oracle.h"

namespace maskpipe::oracle {

using Ends = std::set<size_t>;

// The UTF-8 bytes of a code point; empty for a surrogate.
inline std::string Utf8(uint32_t c) {
  std::string s;
  const auto put = [&s](uint32_t b) { s += static_cast<char>(b); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xc0 | c >> 6), put(0x80 | (c & 63));
  } else if (c < 0x10000) {
    if (c >= 0xd800 && c < 0xe000) return s;
    put(0xe0 | c >> 12), put(0x80 | (c >> 6 & 63)), put(0x80 | (c & 63));
  } else if (c < 0x110000) {
    put(0xf0 | c >> 18), put(0x80 | (c >> 12 & 63));
    put(0x80 | (c >> 6 & 63)), put(0x80 | (c & 63));
  }
  return s;
}

// One way to print a unit: characters side by side, of which letters, digits
// and what is no ASCII stand as they are (in either case where `cases`), and
// punctuation may be printed in another spelling.
struct Print {
  struct Character {
    char c;
    bool cases = false;
  };
  std::vector<Character> characters;
};

inline bool StandsAsItIs(char c) {
  return IsWord(c) || static_cast<uint8_t>(c) >= 0x80;
}

inline std::string Number(uint32_t value, uint32_t base, size_t digits) {
  std::string s;
  do {
    s.insert(s.begin(), "0123456789abcdef"[value % base]);
    value /= base;
  } while (value > 0);
  while (s.size() < digits) s.insert(s.begin(), '0');
  return s;
}

// All prints of `unit` by the row. A number may have leading zeros as far as
// the row has room for digits.
inline std::vector<Print> PrintsOf(const SpellingRow& row,
                                   const std::string& unit) {
  std::vector<std::vector<uint32_t>> numbers;  // one or, of a pair, two
  uint32_t code_point = 0;
  bool is_code_point = false;
  for (uint32_t length = 1; length <= 4 && !is_code_point; ++length) {
    if (unit.size() != length) continue;
    const auto u = [&](size_t i) {
      return static_cast<uint32_t>(static_cast<uint8_t>(unit[i]));
    };
    if (length == 1) code_point = u(0);
    if (length == 2) code_point = (u(0) & 31) << 6 | (u(1) & 63);
    if (length == 3) {
      code_point = (u(0) & 15) << 12 | (u(1) & 63) << 6 | (u(2) & 63);
    }
    if (length == 4) {
      code_point =
          (u(0) & 7) << 18 | (u(1) & 63) << 12 | (u(2) & 63) << 6 | (u(3) & 63);
    }
    is_code_point = Utf8(code_point) == unit;
  }
  std::vector<Print> prints;
  std::vector<std::string> names;
  size_t quotes = 0;
  const auto byte = static_cast<uint32_t>(static_cast<uint8_t>(unit[0]));
  switch (row.value) {
    case SpelledValue::kFixed:
      if (unit != row.unit) return prints;
      numbers = {{}};
      break;
    case SpelledValue::kRepeated:
      if (unit.find_first_not_of(row.unit) != unit.npos || unit.size() > 7) {
        return prints;
      }
      quotes = unit.size();
      numbers = {{}};
      break;
    case SpelledValue::kSame:
      if (unit.size() != 1) return prints;
      if (row.pattern.find("<wide>") != row.pattern.npos) {
        if (byte < 0x80) return prints;
      } else if (byte < 0x20 || byte >= 0x7f || IsWord(unit[0])) {
        return prints;
      }
      numbers = {{}};
      break;
    case SpelledValue::kByte:
      if (unit.size() == 1) numbers.push_back({byte});
      break;
    case SpelledValue::kByteOrCodePoint:
      if (unit.size() == 1) numbers.push_back({byte});
      if (is_code_point && code_point >= 0x80 && code_point < 0x100) {
        numbers.push_back({code_point});
      }
      break;
    case SpelledValue::kCodePoint:
      if (is_code_point) numbers.push_back({code_point});
      break;
    case SpelledValue::kNamed:
      for (const NamedEntity& e : NamedEntities()) {
        if (is_code_point && e.code_point == code_point) {
          names.emplace_back(e.name);
        }
      }
      if (!names.empty()) numbers = {{}};
      break;
    case SpelledValue::kCodeUnit:
      if (!is_code_point) break;
      if (code_point < 0x10000) {
        numbers.push_back({code_point});
      } else {
        const uint32_t v = code_point - 0x10000;
        numbers.push_back({0xd800 + (v >> 10), 0xdc00 + (v & 0x3ff)});
      }
      break;
  }
  for (const std::vector<uint32_t>& halves : numbers) {
    std::vector<Print> so_far(1);
    const size_t times = halves.empty() ? 1 : halves.size();
    for (size_t half = 0; half < times; ++half) {
      for (size_t i = 0; i < row.pattern.size();) {
        const size_t close =
            row.pattern[i] == '<' ? row.pattern.find('>', i) : row.pattern.npos;
        std::vector<std::vector<Print::Character>> options;
        if (close == row.pattern.npos) {
          options.push_back({{row.pattern[i++]}});
        } else {
          const std::string token(row.pattern.substr(i + 1, close - i - 1));
          i = close + 1;
          if (token == "punct" || token == "wide") {
            options.push_back({{unit[0]}});
          } else if (token == "quotes") {
            options.push_back(
                std::vector<Print::Character>(quotes, {row.unit[0]}));
          } else if (token == "name") {
            for (const std::string& name : names) {
              options.emplace_back();
              for (char c : name) options.back().push_back({c});
            }
          } else {
            const uint32_t base = token[0] == 'x'   ? 16
                                  : token[0] == 'd' ? 10
                                                    : 8;
            const auto least = static_cast<size_t>(token[1] - '0');
            const auto most = static_cast<size_t>(token.back() - '0');
            std::set<std::string> written;
            for (size_t n = least; n <= most; ++n) {
              const std::string s = Number(halves[half], base, n);
              if (s.size() <= most) written.insert(s);
            }
            for (const std::string& s : written) {
              options.emplace_back();
              for (char c : s) options.back().push_back({c, true});
            }
          }
        }
        std::vector<Print> longer;
        for (const Print& p : so_far) {
          for (const auto& option : options) {
            longer.push_back(p);
            longer.back().characters.insert(longer.back().characters.end(),
                                            option.begin(), option.end());
          }
        }
        so_far = std::move(longer);
      }
    }
    prints.insert(prints.end(), so_far.begin(), so_far.end());
  }
  return prints;
}

class Spelled {
 public:
  explicit Spelled(std::vector<SpellingRow> rows = {StandardSpellings().begin(),
                                                    StandardSpellings().end()})
      : rows_(std::move(rows)) {}

  // All spans, with the break rules; each once, in order.
  std::vector<Span> Occurrences(const std::vector<Needle>& needles,
                                std::string_view text) {
    text_ = text;
    units_.clear();
    ignored_.clear();
    white_.clear();
    std::set<std::tuple<uint64_t, uint64_t, uint32_t>> found;
    for (const Needle& n : needles) {
      for (size_t at = 0; at < text.size(); ++at) {
        for (const auto& [from, end] : Chains(n, at)) {
          if (n.alone && (TouchesBefore(at) || TouchesBehind(end))) continue;
          found.insert({from, end, n.secret});
        }
      }
    }
    std::vector<Span> spans;
    for (const auto& [b, e, s] : found) spans.push_back({b, e, s});
    return spans;
  }

  std::string Mask(const std::vector<Needle>& needles, std::string_view text,
                   const std::vector<std::string>& masks) {
    return Replace(Occurrences(needles, text), text, masks);
  }

 private:
  static constexpr size_t kEarly = 8;
  static constexpr int kMostNoises = 4;
  // Where a unit ends that was printed at `p`, and behind which break in it.
  using UnitEnds = std::set<std::pair<size_t, size_t>>;
  using Noise = std::set<std::pair<size_t, size_t>>;  // end, behind which break

  const std::vector<Print>& PrintsOfUnit(const std::string& unit) {
    auto [at, is_new] = prints_.try_emplace(unit);
    if (is_new) {
      for (const SpellingRow& row : rows_) {
        for (Print& p : PrintsOf(row, unit)) at->second.push_back(std::move(p));
      }
    }
    return at->second;
  }

  // At most `levels` escapes deep.
  const UnitEnds& Unit(const std::string& unit, size_t p, int levels) {
    const auto key = std::tuple(unit, p, levels);
    if (auto known = units_.find(key); known != units_.end()) {
      return known->second;
    }
    UnitEnds ends;
    if (unit.size() == 1 && p < text_.size() && text_[p] == unit[0]) {
      ends.insert({p + 1, 0});
    }
    if (levels > 0) {
      for (const Print& print : PrintsOfUnit(unit)) {
        UnitEnds places = {{p, 0}};
        bool first = true;
        for (const Print::Character& c : print.characters) {
          UnitEnds next;
          for (auto [at, broken] : places) {
            if (!first) std::tie(at, broken) = SkipInside(at, broken);
            Character(c, at, broken, levels - 1, &next);
          }
          places = std::move(next);
          first = false;
        }
        ends.insert(places.begin(), places.end());
      }
    }
    return units_[key] = ends;
  }

  void Character(const Print::Character& c, size_t p, size_t broken, int levels,
                 UnitEnds* out) {
    if (p >= text_.size()) return;
    if (StandsAsItIs(c.c)) {
      const char t = text_[p];
      const bool same =
          c.cases ? (t | 0x20) == (c.c | 0x20) && IsWord(t) : t == c.c;
      if (same) out->insert({p + 1, broken});
      return;
    }
    for (auto [end, b] : Unit(std::string(1, c.c), p, levels)) {
      out->insert({end, std::max(b, broken)});
    }
  }

  // Terminal sequences and breaks that stand in an escape, as they are.
  std::pair<size_t, size_t> SkipInside(size_t p, size_t broken) {
    for (int i = 0; i < 6 && p < text_.size(); ++i) {
      if (text_[p] == '\x1b') {
        const size_t end = RawSequence(p);
        if (end == 0) break;
        p = end;
      } else if (text_[p] == '\r' || text_[p] == '\n') {
        size_t q = p;
        while (q < text_.size() && text_[q] == '\r' && q - p < 8) ++q;
        if (q == text_.size() || text_[q] != '\n') break;
        const size_t line = ++q;
        while (q < text_.size() && (text_[q] == ' ' || text_[q] == '\t') &&
               q - line < 128) {
          ++q;
        }
        p = broken = q;
      } else {
        break;
      }
    }
    return {p, broken};
  }

  // ESC [ parameters final; ESC ( x. 0: none.
  size_t RawSequence(size_t p) { return SequenceRest(p, p + 1); }
  size_t SequenceRest(size_t begin, size_t p) {
    if (p >= text_.size()) return 0;
    if (text_[p] == '(') return p + 2 <= text_.size() - 0 ? ClosedBy(p) : 0;
    if (text_[p] != '[') return 0;
    for (++p; p < text_.size() && p - begin < 32; ++p) {
      if (text_[p] >= 0x40 && text_[p] <= 0x7e) return p + 1;
      if (text_[p] < 0x20 || text_[p] > 0x3f) return 0;
    }
    return 0;
  }
  size_t ClosedBy(size_t p) { return p + 2 <= text_.size() ? p + 2 : 0; }

  Ends Chars(std::string_view set, const Ends& places) {
    Ends out;
    for (size_t p : places) {
      for (char c : set) {
        for (auto [end, b] : Unit(std::string(1, c), p, 3)) out.insert(end);
      }
    }
    return out;
  }
  static Ends Maybe(const Ends& before, const Ends& behind) {
    Ends both = before;
    both.insert(behind.begin(), behind.end());
    return both;
  }

  Noise Sequence(size_t p) {
    Noise ends;
    for (auto [after, broken] : Unit("\x1b", p, 3)) {
      if (const size_t end = SequenceRest(p, after); end != 0) {
        ends.insert({end, broken});
      }
    }
    return ends;
  }

  Ends Break(size_t p) {
    Ends at = {p};
    at = Maybe(at, Chars("'\"", at));
    at = Maybe(at, Chars(" ", at));
    at = Maybe(at, Chars("+\\=", at));
    for (int i = 0; i < 8; ++i) at = Maybe(at, Chars("\r", at));
    Ends lines = Chars("\n", at);
    Ends ends;
    for (size_t line : lines) {
      Ends indented = {line}, frontier = {line};
      while (!frontier.empty()) {
        Ends next;
        for (size_t q : frontier) {
          if (q - line >= 128) continue;
          for (size_t end : Chars(" \t", {q})) {
            if (indented.insert(end).second) next.insert(end);
          }
        }
        frontier = next;
      }
      for (size_t q : indented) {
        ends.insert(q);
        size_t quote = q;
        for (size_t end : Chars("'\"", {quote})) ends.insert(end);
        if (q < text_.size() && text_[q] == 'b') {
          for (size_t end : Chars("'\"", {q + 1})) ends.insert(end);
        }
      }
    }
    return ends;
  }

  // At least one thing to ignore: up to six sequences, at most one break.
  const Noise& Ignored(size_t p) {
    if (auto known = ignored_.find(p); known != ignored_.end()) {
      return known->second;
    }
    std::set<std::tuple<size_t, int, size_t>> all, frontier = {{p, 0, 0}};
    while (!frontier.empty()) {
      std::set<std::tuple<size_t, int, size_t>> next;
      for (auto [q, sequences, broken] : frontier) {
        if (q >= text_.size()) continue;
        if (sequences < 6) {
          for (auto [end, inside] : Sequence(q)) {
            next.insert({end, sequences + 1, std::max(broken, inside)});
          }
        }
        if (broken == 0) {
          for (size_t end : Break(q)) next.insert({end, sequences, end});
        }
      }
      frontier.clear();
      for (const auto& n : next) {
        if (all.insert(n).second) frontier.insert(n);
      }
    }
    Noise& noise = ignored_[p];
    for (auto [q, sequences, broken] : all) noise.insert({q, broken});
    return noise;
  }

  // One to 512 bytes of white space and breaks.
  const Ends& White(size_t p) {
    if (auto known = white_.find(p); known != white_.end()) {
      return known->second;
    }
    Ends all, frontier = {p};
    bool first = true;
    while (!frontier.empty()) {
      Ends next;
      for (size_t q : frontier) {
        if (q >= text_.size()) continue;
        for (size_t end : Chars(" \t\n\v\f\r", {q})) next.insert(end);
        for (auto [end, broken] : Ignored(q)) {
          if (!first || broken != 0) next.insert(end);
        }
      }
      frontier.clear();
      for (size_t end : next) {
        if (end - p <= 512 && all.insert(end).second) frontier.insert(end);
      }
      first = false;
    }
    return white_[p] = all;
  }

  // [from, end) of the occurrences of a needle that begin at `begin`.
  std::set<std::pair<uint64_t, uint64_t>> Chains(const Needle& n,
                                                 size_t begin) {
    std::set<std::pair<uint64_t, uint64_t>> found;
    const size_t size = n.bytes.size();
    if (n.writing == Writing::kPlain) {
      if (text_.substr(begin, size) == n.bytes) {
        found.insert({begin, begin + size});
      }
      return found;
    }
    // Bytes of the needle, place, from, noises since the last unit: everything
    // reached, each once.
    using Place = std::tuple<size_t, size_t, size_t, int>;
    std::set<Place> all, frontier = {{0, begin, begin, 0}};
    while (!frontier.empty()) {
      std::set<Place> next;
      // A break after few bytes of the needle: what is printed stays printed.
      const auto reach = [&](size_t now, size_t depth, size_t end, size_t from,
                             size_t broken, int noises = 0) {
        if (broken != 0 && now < kEarly) {
          if (size - now < kEarly) return;
          from = broken;
        }
        next.insert({depth, end, from, noises});
      };
      for (const auto& place : frontier) {
        // No structured binding, which clang 14 does not capture.
        const size_t depth = std::get<0>(place), p = std::get<1>(place),
                     from = std::get<2>(place);
        const int noises = std::get<3>(place);
        if (depth == size) {
          found.insert({from, p});
          continue;
        }
        const std::string_view rest = n.bytes.substr(depth);
        if (n.writing == Writing::kHex) {
          for (const auto& [digits, behind] : Pairs(depth, p)) {
            const size_t broken = behind;
            ReadPair(rest[0], digits, [&](size_t end, size_t inside) {
              reach(depth, depth + 1, end, from, std::max(broken, inside));
            });
            // Go's %#v writes 0xa.
            const auto byte = static_cast<uint8_t>(rest[0]);
            if (digits > p && text_[digits - 1] == 'x' && byte < 16 &&
                digits < text_.size() && IsWord(text_[digits]) &&
                (text_[digits] | 0x20) == Number(byte, 16, 1)[0]) {
              reach(depth, depth + 1, digits + 1, from, broken);
            }
          }
        } else if (rest[0] == '\n') {
          for (size_t end : White(p)) reach(depth, depth + 1, end, from, 0);
        } else {
          for (size_t length = 1; length <= std::min<size_t>(7, rest.size());
               ++length) {
            for (auto [end, broken] :
                 Unit(std::string(rest.substr(0, length)), p, 3)) {
              reach(depth, depth + length, end, from, broken);
            }
          }
        }
        if (depth == 0 || noises == kMostNoises) continue;
        // Lists of pairs are broken behind their commas.
        const bool behind_comma =
            n.writing == Writing::kHex && p < text_.size() && text_[p] == ',';
        for (auto [end, broken] : Ignored(behind_comma ? p + 1 : p)) {
          // A blank of the indentation is none between pairs.
          if (n.writing == Writing::kHex && broken == end &&
              end < text_.size() && (text_[end] == ' ' || text_[end] == '\t')) {
            continue;
          }
          reach(depth, depth, end, from, broken, noises + 1);
          if (rest[0] == ' ' && broken != 0 && depth >= kEarly &&
              n.writing == Writing::kSpelled) {
            reach(depth, depth + 1, end, from, broken);
          }
        }
      }
      frontier.clear();
      for (const Place& place : next) {
        if (all.insert(place).second) frontier.insert(place);
      }
    }
    return found;
  }

  Noise Pairs(size_t depth, size_t p) {
    Noise places = {{p, 0}};
    if (depth == 0) return places;
    for (const char* apart :
         {" ", ":", "-", ",", ", ", "0x", " 0x", ",0x", ", 0x"}) {
      const std::string_view a(apart);
      if (text_.substr(p, a.size()) == a) places.insert({p + a.size(), 0});
    }
    return places;
  }

  template <typename F>
  void ReadPair(char byte, size_t p, F&& reach) {
    const std::string digits = Number(static_cast<uint8_t>(byte), 16, 2);
    const auto is = [&](size_t at, char digit) {
      return at < text_.size() && IsWord(text_[at]) &&
             (text_[at] | 0x20) == (digit | 0x20);
    };
    if (!is(p, digits[0])) return;
    if (is(p + 1, digits[1])) reach(p + 2, 0);
    size_t broken = 0, q = p + 1;
    if (q < text_.size() && text_[q] == '\x1b') {
      q = RawSequence(q);
      if (q != 0 && is(q, digits[1])) reach(q + 1, 0);
    } else {
      std::tie(q, broken) = SkipInside(q, 0);
      if (broken != 0 && is(q, digits[1])) reach(q + 1, broken);
    }
  }

  // A letter that ends an escape or a terminal sequence is no neighbour.
  bool TouchesBefore(size_t at) {
    if (at == 0 || !IsWord(text_[at - 1])) return false;
    for (size_t q = at < 48 ? 0 : at - 48; q + 1 < at; ++q) {
      if (text_[q] == '\x1b' && RawSequence(q) == at) return false;
      for (unsigned b = 0; b < 256; ++b) {
        for (auto [end, broken] :
             Unit(std::string(1, static_cast<char>(b)), q, 3)) {
          if (end == at && end > q + 1) return false;
        }
      }
    }
    return true;
  }
  bool TouchesBehind(size_t end) {
    return end < text_.size() && IsWord(text_[end]);
  }

  std::vector<SpellingRow> rows_;
  std::string_view text_;
  std::map<std::string, std::vector<Print>> prints_;
  // Of the text at hand, each place once.
  std::map<std::tuple<std::string, size_t, int>, UnitEnds> units_;
  std::map<size_t, Noise> ignored_;
  std::map<size_t, Ends> white_;
};

}  // namespace maskpipe::oracle
