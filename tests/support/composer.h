// Prints values as no program does: each character in a notation of its own,
// drawn from the spelling table, up to three levels deep, amid terminal
// sequences and line breaks.
//
//   Composer composer(&random);
//   Composed c = composer.Compose("secret");
//   c.text(), c.from()    // all from there on has to be masked

#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/spelled_oracle.h"
#include "tests/support/worlds.h"

namespace maskpipe {

struct Composed {
  struct Piece {
    std::string printed;
    std::string plain;   // what it prints; nothing for noise
    bool early = false;  // a break after which masking begins
  };
  std::vector<Piece> pieces;

  std::string text() const {
    std::string all;
    for (const Piece& p : pieces) all += p.printed;
    return all;
  }
  // Behind the last early break; 0: there is none.
  size_t from() const {
    size_t at = 0, from = 0;
    for (const Piece& p : pieces) {
      at += p.printed.size();
      if (p.early) from = at;
    }
    return from;
  }
};

class Composer {
 public:
  struct Noise {
    size_t escape = 3;    // one character in so many is spelled; 0: none
    size_t terminal = 0;  // a sequence in one of so many gaps; 0: none
    size_t late = 0;      // a break behind eight bytes and more
    size_t early = 0;     // and before
  };

  explicit Composer(Random* random) : random_(random) {}

  Composed Compose(std::string_view value, const Noise& noise) {
    noise_ = noise;
    Composed out;
    for (size_t i = 0; i < value.size();) {
      if (i > 0) Gap(i, value.size() - i, &out);
      if (value[i] == '\n') {
        out.pieces.push_back({WhiteSpace(), "\n"});
        ++i;
        continue;
      }
      const size_t length = UnitAt(value, i);
      std::string unit = Unit(value.substr(i, length), kSpellingLevels);
      // What wraps lines knows nothing of escapes. (Before a blank that is
      // part of one it would make that blank an indentation.)
      if (i >= 8 && unit.size() > 2 && Once(noise_.late)) {
        const size_t at = 1 + random_->Below(unit.size() - 1);
        if (unit[at] != ' ') unit.insert(at, "\n");
      }
      out.pieces.push_back({unit, std::string(value.substr(i, length))});
      i += length;
    }
    return out;
  }

 private:
  bool Once(size_t n) { return n != 0 && random_->OneIn(n); }

  // Runs of a quote now and then as one unit, characters as often as bytes.
  size_t UnitAt(std::string_view value, size_t i) {
    const char c = value[i];
    if ((c == '\'' || c == '"') && random_->OneIn(2)) {
      size_t n = 1;
      while (n < 4 && i + n < value.size() && value[i + n] == c) ++n;
      return n;
    }
    size_t n = 1;
    if (static_cast<uint8_t>(c) >= 0xc0) {
      while (i + n < value.size() &&
             (static_cast<uint8_t>(value[i + n]) & 0xc0) == 0x80) {
        ++n;
      }
    }
    return random_->OneIn(4) ? 1 : n;
  }

  // Prints one unit; the punctuation of an escape one level less deep.
  std::string Unit(std::string_view unit, int levels) {
    const std::string key(unit);
    if (levels > 0 && Once(noise_.escape)) {
      const std::vector<oracle::Print>& prints = Prints(key);
      if (!prints.empty()) {
        std::string out;
        for (const auto& c : prints[random_->Below(prints.size())].characters) {
          if (oracle::StandsAsItIs(c.c)) {
            const bool upper = c.cases && c.c >= 'a' && random_->OneIn(2);
            out += upper ? static_cast<char>(c.c & ~0x20) : c.c;
          } else {
            out += Unit(std::string(1, c.c), levels - 1);
          }
        }
        return out;
      }
    }
    if (key.size() == 1) return key;
    std::string out;
    for (char c : key) out += Unit(std::string(1, c), levels);
    return out;
  }

  const std::vector<oracle::Print>& Prints(const std::string& unit) {
    auto [at, is_new] = prints_.try_emplace(unit);
    if (is_new) {
      // Each row counts the same, however many ways it has.
      for (const SpellingRow& row : StandardSpellings()) {
        std::vector<oracle::Print> prints = oracle::PrintsOf(row, unit);
        for (size_t n = 0; n < 2 && !prints.empty(); ++n) {
          at->second.push_back(prints[random_->Below(prints.size())]);
        }
      }
    }
    return at->second;
  }

  void Gap(size_t before, size_t behind, Composed* out) {
    if (Once(noise_.terminal)) out->pieces.push_back({Sequence(), ""});
    const bool late = before >= 8;
    if (!late && behind < 8) return;
    if (!Once(late ? noise_.late : noise_.early)) return;
    out->pieces.push_back({Break(), "", !late});
  }

  std::string Sequence() {
    static const char* const kSequences[] = {"\x1b[0m", "\x1b[1;31m", "\x1b[K",
                                             "\x1b[38;5;208m", "\x1b(B"};
    std::string text = kSequences[random_->Below(5)];
    if (random_->OneIn(4)) text.replace(0, 1, "\\u001b");
    return text;
  }

  std::string Break() {
    static const char* const kBreaks[] = {
        "\n",  "\r\n",    "\n    ",   "=\n",    "=\r\n", "\\\n  ",
        "\\n", "' +\n '", "\"\n  \"", "'\n b'", "\n\t"};
    return kBreaks[random_->Below(std::size(kBreaks))];
  }

  std::string WhiteSpace() {
    static const char* const kRuns[] = {
        "\n",       "\r\n",        "\n      ", " ",         "\\n",
        "\\r\\n",   "\\n   ",      "\\\\n",    "%0A",       "&#10;",
        "\n\n\t  ", "\\n' +\n  '", "=0A",      "%0D%0A%20", "  \n"};
    return kRuns[random_->Below(std::size(kRuns))];
  }

  Random* random_;
  Noise noise_;
  std::map<std::string, std::vector<oracle::Print>> prints_;
};

}  // namespace maskpipe
