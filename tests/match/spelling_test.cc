// The matcher against the oracle in the printer's direction, over needles in
// any spelling.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <set>
#include <string>
#include <vector>

#include "src/match/matcher.h"
#include "tests/support/guarded.h"
#include "tests/support/spelled_oracle.h"
#include "tests/support/worlds.h"

namespace maskpipe {
namespace {

std::vector<Needle> Spell(const std::vector<std::string>& words,
                          Writing writing = Writing::kSpelled) {
  static std::set<std::string> kept;
  std::vector<Needle> needles;
  for (const std::string& w : words) {
    const std::string& bytes = *kept.insert(w).first;
    needles.push_back({bytes, 0, false, writing});
  }
  return needles;
}

std::string Covered(const std::vector<Span>& spans, size_t size) {
  std::string covered(size, '.');
  for (const Span& s : spans) {
    for (uint64_t i = s.begin; i < s.end; ++i) covered[i] = '#';
  }
  return covered;
}

std::string Printable(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '\n') {
      out += "<LF>";
    } else if (c == '\r') {
      out += "<CR>";
    } else if (c == '\x1b') {
      out += "<ESC>";
    } else {
      out += c;
    }
  }
  return out;
}

// A text of which no more comes is covered as one that is scanned and finished.
void ExpectTheSameWhole(const Matcher& matcher, std::string_view text) {
  for (bool truncated : {false, true}) {
    std::vector<Span> finished, whole;
    Matcher::Cursor cursor(0);
    const auto add = [&](const Span& s) { finished.push_back(s); };
    matcher.Scan({text, 0}, &cursor, add);
    matcher.Finish({text, 0}, &cursor, truncated, add);
    matcher.ScanWhole(text, truncated,
                      [&](const Span& s) { whole.push_back(s); });
    EXPECT_EQ(Covered(whole, text.size()), Covered(finished, text.size()))
        << Printable(text) << (truncated ? " truncated" : "");
  }
}

// What is covered of `text`, cut at `cuts`. What was let go before is never
// covered later, and each window holds just what is asked for.
std::string Scan(const Matcher& matcher, std::string_view text,
                 const std::vector<size_t>& cuts) {
  std::vector<Span> found;
  Matcher::Cursor cursor(0);
  uint64_t released = 0, needed = 0;
  std::vector<size_t> ends = cuts;
  ends.push_back(text.size());
  const auto add = [&](const Span& s) {
    EXPECT_GE(s.begin, released) << "covers what was printed: " << text;
    EXPECT_LE(s.end, text.size());
    found.push_back(s);
  };
  for (size_t end : ends) {
    const size_t begin = std::min(released, needed);
    const Window window{text.substr(begin, end - begin), begin};
    matcher.Scan(window, &cursor, add);
    EXPECT_GE(matcher.Pending(cursor), released)
        << Printable(text) << " at " << end;
    released = matcher.Pending(cursor);
    needed = matcher.Needed(cursor);
    if (end == text.size()) matcher.Finish(window, &cursor, false, add);
  }
  if (cuts.empty()) ExpectTheSameWhole(matcher, text);
  return Covered(found, text.size());
}

struct World {
  const char* name;
  std::string alphabet;
  std::vector<std::string> words;
  size_t longest;
};

// Fewer and smaller under what slows tests down.
constexpr int kAllWorlds = 1500;
int Worlds() {
  const char* given = std::getenv("MASKPIPE_WORLDS");
  return given != nullptr ? std::max(std::atoi(given), 1) : kAllWorlds;
}

class SmallWorlds : public ::testing::TestWithParam<World> {};

// Every text over an alphabet of letters and the characters of some rows, whole
// and at every cut in two.
TEST_P(SmallWorlds, AgreeWithTheOracleAtEveryCut) {
  const World& world = GetParam();
  const std::vector<Needle> needles = Spell(world.words);
  const Matcher matcher(needles);
  oracle::Spelled oracle;
  const size_t longest = world.longest - (Worlds() < kAllWorlds ? 1 : 0);
  for (const std::string& text : AllTexts(world.alphabet, 1, longest)) {
    const std::string expected =
        Covered(oracle.Occurrences(needles, text), text.size());
    ASSERT_EQ(Scan(matcher, text, {}), expected) << Printable(text);
    for (size_t cut = 1; cut < text.size(); ++cut) {
      ASSERT_EQ(Scan(matcher, text, {cut}), expected)
          << Printable(text) << " cut at " << cut;
    }
    if (HasFailure()) return;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Spellings, SmallWorlds,
    ::testing::Values(
        World{"Percent", "%25A", {"%", "A%", "%25", "RA", "A2"}, 6},
        World{"Backslash", "\\nx41u", {"4\n1", "\\n", "n\nA", "A4"}, 6},
        World{"Entity", "&#x27;a", {"'", "a'", "x'2", "&#"}, 5},
        World{"Named", "&amp;l", {"&", "a&l", "&amp;"}, 6},
        World{"Quotes", "a'\"\\$", {"a'", "'\"", "$a", "''"}, 6},
        World{"Carets", "a^`$+", {"a^", "$$", "`a", "^`"}, 6},
        World{"Blanks", "a+ \n2=0", {"a 2", "+a", "a\na", "=a"}, 5},
        World{"Octal", "\\016a", {"a\x01", "\x0e", "1a"}, 6},
        World{"Wide",
              "\\\t\xc3\xa9"
              "35",
              {"\xc3\xa9", "3\t", "\xa9\\"},
              5},
        World{"Mail", "=41\nA\r", {"A4", "=4", "A\nA"}, 6}),
    [](const auto& info) { return std::string(info.param.name); });

// The break is early, so only what follows it is masked.
TEST(Spelling, AFirstPairOfDigitsMayBeCutByABreakOrAColour) {
  const std::vector<Needle> needles =
      Spell({"abcdefghijklmnop"}, Writing::kHex);
  const Matcher matcher(needles);
  const std::string digits = "162636465666768696a6b6c6d6e6f70";
  const std::string masked(digits.size(), '#');
  for (const std::string cut : {"\n", "\r\n", "\n  "}) {
    const std::string before = "x 6" + cut;
    EXPECT_EQ(Scan(matcher, before + digits + " y", {}),
              std::string(before.size(), '.') + masked + "..");
  }
  const std::string colour = "\x1b[0m";
  EXPECT_EQ(Scan(matcher, "x 6" + colour + digits + " y", {}),
            ".." + std::string(1 + colour.size(), '#') + masked + "..");
}

// What is found inside a long run is not looked for at each of its places.
TEST(Spelling, RunsOfOneByteAgreeWithTheOracle) {
  const uint64_t seed = Seed();
  SCOPED_TRACE("MASKPIPE_SEED=" + std::to_string(seed));
  Random random(seed);
  GuardedText guarded(4096);
  oracle::Spelled oracle;
  const std::vector<std::string> pieces = {
      "%61", "\n", "\x1b[0m", "b", "=\n", "-", " ", "%aa", "\x1b[1a", "\\xaa"};
  for (int world = 0; world < 1 + Worlds() / 100; ++world) {
    std::vector<Needle> needles;
    std::string described;
    for (size_t n = 1 + random.Below(3); n > 0; --n) {
      const bool hex = random.OneIn(4);
      std::string word(hex ? 4 + random.Below(8) : 1 + random.Below(20),
                       hex ? '\xaa' : 'a');
      if (random.OneIn(3)) word += 'b';
      if (random.OneIn(6) && word.size() > 1) {
        word.insert(word.size() / 2, "\n");
      }
      for (Needle& one :
           Spell({word}, hex ? Writing::kHex : Writing::kSpelled)) {
        one.alone = random.OneIn(4);
        needles.push_back(one);
        described += " [" + Printable(word) + "]" + (one.alone ? "alone" : "");
      }
    }
    const Matcher matcher(needles);
    std::string text;
    while (text.size() < 250) {
      text += std::string(40 + random.Below(120), 'a');
      text += pieces[random.Below(pieces.size())];
    }
    SCOPED_TRACE(Printable(text) + described);
    const std::string expected =
        Covered(oracle.Occurrences(needles, text), text.size());
    ASSERT_EQ(Scan(matcher, guarded.Place(text), {}), expected);
    const size_t cut = 1 + random.Below(text.size() - 1);
    ASSERT_EQ(Scan(matcher, text, {cut}), expected) << " cut at " << cut;
    if (HasFailure()) return;
  }
}

// Long needles over few characters, so that breaks early and late, noise and
// every alignment of the probes are met.
TEST(Spelling, AgreesWithTheOracleInRandomWorlds) {
  const uint64_t seed = Seed();
  SCOPED_TRACE("MASKPIPE_SEED=" + std::to_string(seed));
  Random random(seed);
  GuardedText guarded(4096);
  oracle::Spelled oracle;
  const std::vector<std::string> pieces = {
      "%",     "25",    "61",     "\\",      "\\\\",       "\\n",        "\n",
      "\n  ",  "'\n '", " +\n'",  "\x1b[0m", "\x1b[1;31m", "\\u001b[0m", "&#",
      "x61;",  "&amp;", "&quot;", "=",       "61",         "=\r\n",      "''",
      "'\\''", "\"\"",  "+",      " ",       "$$",         "^^",         "a",
      "b",     "ab",    "a&b",    "0x61",    ":",          "6162"};
  for (int world = 0; world < Worlds(); ++world) {
    std::vector<std::string> words;
    std::vector<Needle> needles;
    for (size_t n = 1 + random.Below(3); n > 0; --n) {
      std::string word =
          random.Text(random.OneIn(3) ? "ab" : "ab%\\&'\" +\n",
                      1 + random.Below(random.OneIn(2) ? 24 : 6));
      while (!word.empty() && (word[0] == '\n' || word[0] == ' ')) {
        word.erase(0, 1);
      }
      while (!word.empty() && (word.back() == '\n' || word.back() == ' ')) {
        word.pop_back();
      }
      // " \n" before "\n\n", which it may make.
      for (const char* twice : {" \n", "\n ", "\n\n"}) {
        for (size_t at; (at = word.find(twice)) != word.npos;) {
          word.replace(at, 2, "\n");
        }
      }
      if (word.empty()) continue;
      const Writing writing = random.OneIn(5) && word.size() > 3
                                  ? Writing::kHex
                                  : Writing::kSpelled;
      for (Needle& one : Spell({word}, writing)) {
        one.alone = random.OneIn(6);
        needles.push_back(one);
      }
    }
    if (needles.empty()) continue;
    const Matcher matcher(needles);
    // A needle with its characters spelled now and then, amid noise.
    std::string text;
    while (text.size() < 60) {
      const std::string_view word = needles[random.Below(needles.size())].bytes;
      for (char c : word) {
        if (random.OneIn(4)) text += pieces[random.Below(pieces.size())];
        if (!random.OneIn(12)) text += c;
      }
      text += pieces[random.Below(pieces.size())];
    }
    const std::string expected =
        Covered(oracle.Occurrences(needles, text), text.size());
    std::string described;
    for (const Needle& n : needles) {
      described += " [" + Printable(n.bytes) + "]" +
                   (n.writing == Writing::kHex ? "hex" : "") +
                   (n.alone ? "alone" : "");
    }
    SCOPED_TRACE(Printable(text) + described);
    ASSERT_EQ(Scan(matcher, guarded.Place(text), {}), expected);
    std::vector<size_t> cuts;
    for (size_t c = 1; c < text.size(); ++c) {
      if (random.OneIn(10)) cuts.push_back(c);
    }
    ASSERT_EQ(Scan(matcher, text, cuts), expected)
        << ::testing::PrintToString(cuts);
    const size_t cut = 1 + random.Below(text.size() - 1);
    ASSERT_EQ(Scan(matcher, text, {cut}), expected) << " cut at " << cut;
    if (HasFailure()) return;
  }
}

// Pairs of digits, apart in every way that is read, in groups and lists, amid
// breaks or sequences.
TEST(Spelling, PairsOfDigitsAgreeWithTheOracleInRandomWorlds) {
  const uint64_t seed = Seed();
  SCOPED_TRACE("MASKPIPE_SEED=" + std::to_string(seed));
  Random random(seed);
  oracle::Spelled oracle;
  size_t found = 0;
  for (int world = 0; world < Worlds(); ++world) {
    std::vector<std::string> words;
    for (size_t n = 1 + random.Below(3); n > 0; --n) {
      words.push_back(random.Text(random.OneIn(3) ? "ab" : "ab\x7f\t\n\xe9z",
                                  4 + random.Below(20)));
    }
    const std::vector<Needle> needles = Spell(words, Writing::kHex);
    const Matcher matcher(needles);
    const std::string& word = words[random.Below(words.size())];
    constexpr std::string_view kApart[] = {"",   " ",  ":",   "-",   ",",
                                           ", ", "0x", " 0x", ",0x", ", 0x"};
    const std::string_view apart = kApart[random.Below(std::size(kApart))];
    const bool groups = apart == " " || apart == ":" || apart == "-";
    const size_t group = groups && random.OneIn(2) ? 1 + random.Below(6) : 1;
    constexpr size_t kWhole = 1000;
    const size_t line = random.OneIn(2) ? 3 + random.Below(14) : kWhole;
    const size_t begun = random.Below(line);
    std::string text = random.OneIn(2) ? "x " : "ab";
    if (apart.ends_with('x')) text += "0x";
    const bool one_digit = apart.ends_with('x') && random.OneIn(2);
    for (size_t i = 0; i < word.size(); ++i) {
      if (i > 0 && (i + begun) % line == 0) {
        const bool list = apart.starts_with(',');
        if (list) text += ',';
        text += random.OneIn(4) ? "\r\n" : "\n";
        if (random.OneIn(2)) text += "  ";
        if (apart.ends_with('x')) text += "0x";
      } else if (i > 0 && (i + begun) % group == 0) {
        text += apart;
      }
      if (line == kWhole && random.OneIn(60)) text += "\x1b[0m";
      char digits[8];
      const auto b = static_cast<uint8_t>(word[i]);
      std::snprintf(digits, sizeof digits, one_digit ? "%x" : "%02x", b);
      text += digits;
    }
    text += random.OneIn(2) ? " y" : "";
    const std::string expected =
        Covered(oracle.Occurrences(needles, text), text.size());
    found += expected.find('#') != expected.npos;
    std::string described;
    for (const std::string& w : words) described += " [" + Printable(w) + "]";
    SCOPED_TRACE(Printable(text) + described);
    ASSERT_EQ(Scan(matcher, text, {}), expected);
    const size_t cut = 1 + random.Below(text.size() - 1);
    ASSERT_EQ(Scan(matcher, text, {cut}), expected) << " cut at " << cut;
    if (HasFailure()) return;
  }
  EXPECT_GT(found * 2, static_cast<size_t>(Worlds()));
}

// As coreutils and zsh leave a quoted string for one escape, or for several.
TEST(Spelling, StringsLeftForEscapesAgreeWithTheOracle) {
  const uint64_t seed = Seed();
  SCOPED_TRACE("MASKPIPE_SEED=" + std::to_string(seed));
  Random random(seed);
  oracle::Spelled oracle;
  // What stands before and behind; zsh's last one is for a TAB alone.
  constexpr std::array<std::string_view, 2> kQuotes[] = {
      {"", ""}, {"'$'", ""}, {"", "''"}, {"'$'", "''"}, {"$'", "'"}};
  size_t whole = 0;
  for (int world = 0; world < Worlds() / 5; ++world) {
    const std::string word =
        "a" + random.Text("ab'\t\x01\xc3\xa9", 2 + random.Below(9)) + "b";
    const std::vector<Needle> needles = Spell({word});
    const Matcher matcher(needles);
    std::string text = "x ";
    for (char c : word) {
      if (c == 'a' || c == 'b' || random.OneIn(6)) {
        text += c;
        continue;
      }
      char digits[8];
      std::snprintf(digits, sizeof digits, "\\%03o", static_cast<uint8_t>(c));
      const bool tab = c == '\t' && random.OneIn(2);
      const size_t which = random.Below(std::size(kQuotes) - (tab ? 0 : 1));
      const size_t other = random.OneIn(20) ? random.Below(4) : which;
      text += kQuotes[which][0];
      text += tab ? "\\t" : digits;
      text += kQuotes[other][1];
    }
    text += " y";
    const std::string expected =
        Covered(oracle.Occurrences(needles, text), text.size());
    whole += expected.find('#') != expected.npos;
    SCOPED_TRACE(Printable(text) + " [" + Printable(word) + "]");
    for (size_t cut = 1; cut <= text.size(); ++cut) {
      ASSERT_EQ(Scan(matcher, text, {cut}), expected) << " cut at " << cut;
    }
    if (HasFailure()) return;
  }
  EXPECT_GT(whole * 2, static_cast<size_t>(Worlds() / 5));
}

// Whatever byte it is, wherever in the needle: among few needles little else
// tells the filter that one begins there.
TEST(Spelling, EachByteIsFoundWhereItAloneIsSpelled) {
  const std::string before = "some text ", behind = " end\n";
  constexpr size_t kLengths[] = {4, 6, 9, 14};
  for (const size_t length : kLengths) {
    for (char c = '!'; c <= '~'; ++c) {
      for (size_t at = 0; at < length; ++at) {
        std::string word = std::string("QxZ7wKj0VbT5hR").substr(0, length);
        word[at] = c;
        const Matcher matcher(Spell({word}, Writing::kSpelled));
        for (const char* spelling : {"%%%02X", "\\x%02x", "\\u%04x", "&#%d;"}) {
          char escape[16];
          std::snprintf(escape, sizeof escape, spelling, c);
          const std::string occurrence =
              word.substr(0, at) + escape + word.substr(at + 1);
          const std::string text = before + occurrence + behind;
          ASSERT_EQ(Scan(matcher, text, {}),
                    std::string(before.size(), '.') +
                        std::string(occurrence.size(), '#') +
                        std::string(behind.size(), '.'))
              << text;
        }
      }
    }
  }
}

// A head of one byte, which a line feed follows: what stands next tells where
// one may begin.
TEST(Spelling, WhiteSpaceBehindAFirstByteIsFoundHoweverItIsSpelled) {
  const std::string rest = "ab-Cd7efg";
  std::vector<std::string> spaces = {
      "\\\n",    "=\n",    "\"\n\"",    "\\n  ", "\\t",  "\\r\\n",
      "\\\\n",   "%250a",  "\\v",       "\\f",   "\n\"", "\n b'",
      "\t\n b'", " \n \"", "\n\x1b[0m", "\n%0a", " \\n "};
  for (const char c : std::string(" \t\n\v\f\r")) {
    spaces.push_back(std::string(1, c));
    for (const char* spelling :
         {"%%%02X", "\\x%02x", "\\u%04x", "&#%d;", "\\%03o", "%%25%02x"}) {
      char escape[16];
      std::snprintf(escape, sizeof escape, spelling, c);
      spaces.push_back(escape);
    }
  }
  const std::string some(100, '6');
  // The others begin with so many bytes that these are not looked for alone.
  for (const std::string_view others : {"", "qwertyuiop"}) {
    std::vector<std::string> words = {"6\n" + rest};
    for (const char c : others) words.push_back(std::string{c} + "\n-" + c);
    const Matcher matcher(Spell(words));
    for (const std::string& space : spaces) {
      for (const char* first : {"6", "%36", "\\u0036"}) {
        const std::string occurrence = first + space + rest;
        EXPECT_EQ(Scan(matcher, some + "-" + occurrence + "-" + some, {}),
                  std::string(101, '.') + std::string(occurrence.size(), '#') +
                      std::string(101, '.'))
            << Printable(occurrence);
      }
    }
  }
}

// Runs of what reads in very many ways. Without bounds one of these would take
// hours, and the test its time limit; see also kMost of Readings and Places.
TEST(Spelling, NoTextChoosesTheSpeed) {
  std::string backslashes, quotes, lines;
  for (int i = 0; i < 40; ++i) backslashes += "\\n", quotes += "'\"";
  for (int i = 0; i < 10; ++i) lines += "=\n";
  const std::vector<Needle> needles = Spell(
      {"it's q", "say \"no\" to \\\\", "a+b=c d", "\n\n\na1b2c3d4e5",
       "x\n  y: z12\n\n\nlast-one9", "\\\\n\\x0a'\"=\"+'~", backslashes + "z",
       quotes + "x", lines + "q88zz", "tty\x1b[0m\x1b[0mq"});
  const Matcher matcher(needles);
  for (const std::string_view piece :
       {"'\"",   "\"\\",    "''",        "\\",  "%25",    "&amp;",  "^",
        "`",     "$",       "=3D",       "+ ",  "'\\''",  "\"'\"'", "\\\\\\\"",
        " +\n'", "\x1b[0m", "\\u001b[m", "\\n", "=\n",    "\\\n",   "\"\\n\"",
        "\\\\n", "\\x0a",   "\\u000a",   "%0A", "\\r\\n", "\n",     " \n"}) {
    for (const std::string_view first : {"it", ""}) {
      std::string text(first);
      while (text.size() < 1024) text += piece;
      text += "s q";
      EXPECT_EQ(Scan(matcher, text, {64, 128, 501, 1000, 1001}),
                Scan(matcher, text, {}))
          << Printable(piece);
    }
  }
}

// So that no text holds itself back without end.
TEST(Spelling, NoiseEndsAfterFourInARow) {
  const Matcher matcher(Spell({"correct-horse"}));
  for (const std::string_view noise : {"\n", "\\n", "=\n", " +\n'"}) {
    std::string text = "x correct-h";
    for (int i = 0; i < 4; ++i) text += noise;
    const size_t end = text.size() + 4;
    EXPECT_EQ(Scan(matcher, text + "orse y", {}),
              ".." + std::string(end - 2, '#') + "..")
        << Printable(noise);
    text += noise;
    EXPECT_EQ(Scan(matcher, text + "orse y", {}),
              std::string(text.size() + 6, '.'))
        << Printable(noise);
    Matcher::Cursor cursor(0);
    text += "\n\n\n\n\n\n\n";  // an escape may be broken six times
    matcher.Scan({text, 0}, &cursor, [](const Span&) {});
    EXPECT_EQ(matcher.Pending(cursor), text.size()) << Printable(noise);
  }
}

// A quote in a mixture of three levels and quotes, where more can be read than
// at any other place of a million random ones.
TEST(Spelling, AQuoteThatReadsInManyWaysIsFound) {
  const std::string secret =
      "\xe8\xaa\x9e"
      "f*\n8\"c9jUR6\xe2\x82\xac=CC=\"g";
  const std::string quote =
      R"(%u005Cx22&#x00027;\u0022&#039;""\u{00027}""\x{0005c}\"^"\u0026apos)"
      R"(&#x00003B;"\""\47&QUOT;%27"'"'")";
  std::string spelled = secret;
  spelled.replace(secret.find('"'), 1, quote);
  const std::string text = "conn=<" + spelled + "> 2\n";
  EXPECT_EQ(Scan(Matcher(Spell({secret})), text, {}),
            std::string(6, '.') + std::string(spelled.size(), '#') +
                std::string(4, '.'));
}

// Two quotes in a row: 70 readings of a row are half way through them.
TEST(Spelling, QuotesThatAreReadInManyWaysAtOnceAreFound) {
  const std::string secret =
      "4vD\xe2\x82\xac%''QlJ.NHy,\xd0\xba\xd0\xbb\xd1\x8e\xd1\x87/yL";
  const std::string quotes =
      R"(`\047=22\042'''$'\047''\134''`''$'\047''\u{025}u0027%60""\046')"
      R"($'\043''X000027\u{0003b})";
  std::string spelled = secret;
  spelled.replace(secret.find("''"), 2, quotes);
  const std::string text = "conn=<" + spelled + "> 2\n";
  EXPECT_EQ(Scan(Matcher(Spell({secret})), text, {}),
            std::string(6, '.') + std::string(spelled.size(), '#') +
                std::string(4, '.'));
}

// One piece of noise, or one escape, amid many plain bytes: what is told there
// by few of them is what the oracle finds. Few needles, so that little is found
// that might be one.
TEST(Spelling, OneEventAmongPlainBytesIsSeenAsByTheOracle) {
  const uint64_t seed = Seed();
  SCOPED_TRACE("MASKPIPE_SEED=" + std::to_string(seed));
  Random random(seed);
  oracle::Spelled oracle;
  static constexpr std::string_view kLetters =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  const std::vector<std::string> events = {
      "\n",        "\r\n",       "\n  ",
      "\n\t ",     "\r\r\n",     "\n'",
      "\n\"",      "\n  \"",     "\n    b'",
      "'\n'",      "\"\n  \"",   "' \n'",
      "' +\n '",   "\\\n",       "=\r\n",
      "\\n",       "\\n  ",      "\\r\\n",
      "\\n'",      "\n\n",       "\n \x1b[0m",
      "\x1b[0m",   "\x1b[1;31m", "\\u001b[0m",
      "%0A",       "%0D%0A",     "&#10;",
      "\\u000a  ", " \n",        "\n                  ",
      "\\x41",     "%41",        "\\\\n",
      "\\\\\"",    "\\\"",       "+"};
  size_t covered = 0;
  for (int world = 0; world < 2 * Worlds(); ++world) {
    std::vector<std::string> words;
    for (size_t n = 1 + random.Below(3); n > 0; --n) {
      std::string word = random.Text(kLetters, 4 + random.Below(20));
      if (random.OneIn(3)) word[random.Below(word.size())] = '"';
      if (random.OneIn(3)) word[random.Below(word.size())] = '\'';
      if (random.OneIn(4)) word.insert(1 + random.Below(word.size() - 1), " ");
      if (random.OneIn(6)) word.insert(1 + random.Below(word.size() - 1), "\n");
      if (word.find(" \n") != word.npos || word.find("\n ") != word.npos) {
        continue;
      }
      words.push_back(word);
    }
    if (words.empty()) continue;
    const bool hex = random.OneIn(6);
    const std::vector<Needle> needles =
        Spell(words, hex ? Writing::kHex : Writing::kSpelled);
    const Matcher matcher(needles);
    std::string printed;
    for (char c : words[0]) {
      if (hex) {
        static constexpr char kDigits[] = "0123456789abcdef";
        printed += kDigits[static_cast<uint8_t>(c) >> 4];
        printed += kDigits[static_cast<uint8_t>(c) & 15];
      } else {
        printed += c;
      }
    }
    // Within a pair of digits only one thing is skipped.
    size_t at = random.Below(printed.size() + 1);
    if (hex) at -= at % 2;
    printed.insert(at, events[random.Below(events.size())]);
    const std::string text = random.Text(kLetters, 5 + random.Below(4)) + "=" +
                             printed + "." + random.Text(kLetters, 24);
    const std::string expected =
        Covered(oracle.Occurrences(needles, text), text.size());
    ASSERT_EQ(Scan(matcher, text, {}), expected) << Printable(text) << "\n"
                                                 << Printable(words[0]);
    ASSERT_EQ(Scan(matcher, text, {1 + random.Below(text.size() - 1)}),
              expected)
        << Printable(text);
    covered += expected.find('#') != expected.npos;
  }
  EXPECT_GT(covered, static_cast<size_t>(Worlds()) / 2);
}

// A needle may then take less of the text than it has bytes.
TEST(Spelling, ARowThatSaysMuchInFewBytesIsFoundAtTheEnd) {
  std::vector<SpellingRow> rows(StandardSpellings().begin(),
                                StandardSpellings().end());
  rows.push_back(
      {.pattern = "~q", .value = SpelledValue::kFixed, .unit = "abcdefgh"});
  const Matcher matcher(Spell({"abcdefgh"}), rows);
  EXPECT_EQ(Scan(matcher, "x ~q", {}), "..##");
}

// Where a break stands instead of what is between the other pairs: with eight
// bytes before it, or from there on with eight behind.
TEST(Spelling, HexadecimalThatABreakPartsIsFoundAtTheEnd) {
  const std::string value = "k7-Q2x.Zp0_w";
  static constexpr char kDigits[] = "0123456789abcdef";
  for (size_t bytes = 4; bytes <= value.size(); ++bytes) {
    const Matcher matcher(Spell({value.substr(0, bytes)}, Writing::kHex));
    for (const char* apart : {"", ":", " ", ",", "-"}) {
      for (size_t broken = 1; broken < bytes; ++broken) {
        std::string text;
        for (size_t i = 0; i < bytes; ++i) {
          if (i > 0) text += i == broken ? "\n" : apart;
          text += kDigits[static_cast<uint8_t>(value[i]) >> 4];
          text += kDigits[static_cast<uint8_t>(value[i]) & 15];
        }
        std::string expected(text.size(), '.');
        const size_t behind = text.find('\n') + 1;
        if (broken >= Walker::kEarly) {
          expected.assign(text.size(), '#');
        } else if (bytes - broken >= Walker::kEarly) {
          expected.replace(behind, text.npos, text.size() - behind, '#');
        }
        EXPECT_EQ(Scan(matcher, text, {}), expected) << Printable(text);
      }
    }
  }
}

// What the first bytes tell is what is read, whatever follows.
TEST(Spelling, ShortReadingsAgreeWithFullOnes) {
  Random random(Seed());
  std::vector<SpellingRow> rows(StandardSpellings().begin(),
                                StandardSpellings().end());
  rows.push_back({.pattern = "~<x2>", .value = SpelledValue::kByte});
  rows.push_back(
      {.pattern = "~q", .value = SpelledValue::kFixed, .unit = "ab"});
  rows.push_back({.pattern = "|", .value = SpelledValue::kFixed, .unit = "o"});
  const SpellingReader reader(rows);
  const std::string some = "%\\&='\"+$`^~|\n\r\x1b\t ;#xuUnq0123aAfFgZ{}\x80";
  size_t told = 0;
  const auto agree = [&](const std::string& text) {
    char unit = 0;
    size_t end = 0;
    Readings full;
    reader.Read(text, 0, &full);
    const auto quick = reader.ReadShort(text, 0, &unit, &end);
    if (quick == SpellingReader::Short::kUnknown) return true;
    ++told;
    if (!full.cut.empty() || !full.broken_cut.empty()) return false;
    if (quick == SpellingReader::Short::kNothing) return full.size() == 1;
    return full.size() == 2 && full[1].unit() == std::string_view(&unit, 1) &&
           full[1].end == end && full[1].after_break == 0;
  };
  reader.leads().ForEach([&](uint8_t lead) {
    for (unsigned next = 0; next < 256; ++next) {
      for (unsigned third = 0; third < 256; ++third) {
        for (int tail = 0; tail < 4; ++tail) {
          std::string text = {static_cast<char>(lead), static_cast<char>(next),
                              static_cast<char>(third)};
          text += random.Text(some, random.Below(12));
          ASSERT_TRUE(agree(text)) << Printable(text);
        }
      }
    }
    for (int i = 0; i < 20000; ++i) {
      const std::string text =
          static_cast<char>(lead) + random.Text(some, 3 + random.Below(16));
      ASSERT_TRUE(agree(text)) << Printable(text);
    }
  });
  EXPECT_GT(told, 100000u);
}

// A row that no printer has: whatever is derived from the table follows it.
TEST(Spelling, AThrowAwayRowIsReadAnchoredAndHeldBack) {
  std::vector<SpellingRow> rows(StandardSpellings().begin(),
                                StandardSpellings().end());
  rows.push_back({.pattern = "~<x2>", .value = SpelledValue::kByte});
  const std::vector<Needle> needles = Spell({"correct-horse"});
  const std::string text = "x ~63~6f~72~72ect-horse ~2563orrect~2dhorse y";
  oracle::Spelled oracle(rows);
  const std::string expected =
      Covered(oracle.Occurrences(needles, text), text.size());
  EXPECT_NE(expected.find('#'), expected.npos);
  const Matcher matcher(needles, rows);
  for (size_t cut = 0; cut <= text.size(); ++cut) {
    ASSERT_EQ(Scan(matcher, text, {cut}), expected) << cut;
  }
  const Matcher without(needles);
  EXPECT_EQ(Scan(without, text, {}), std::string(text.size(), '.'));
  // Held back inside half an escape, if the other half may fit.
  const auto pending = [&](const Matcher& m, std::string_view t) {
    Matcher::Cursor cursor(0);
    m.Scan({t, 0}, &cursor, [](const Span&) {});
    return m.Pending(cursor);
  };
  EXPECT_EQ(pending(matcher, "x corr~6"), 2u);
  EXPECT_EQ(pending(matcher, "x corr~4"), 8u);
  EXPECT_EQ(pending(without, "x corr~6"), 8u);
}

// What few bytes tell is kept by each thread, but not from table to table.
TEST(Spelling, TablesDoNotShareWhatWasRead) {
  std::vector<SpellingRow> rows(StandardSpellings().begin(),
                                StandardSpellings().end());
  rows.push_back(
      {.pattern = "\\~", .value = SpelledValue::kFixed, .unit = "o"});
  const std::vector<Needle> needles = Spell({"correct-horse"});
  const Matcher with(needles, rows), without(needles);
  const std::string text = "x c\\~rrect-horse, c\\x6frrect-horse y";
  const size_t first = text.find(','), second = text.find(" y");
  for (int twice = 0; twice < 2; ++twice) {
    EXPECT_EQ(Scan(without, text, {}),
              std::string(first + 2, '.') +
                  std::string(second - first - 2, '#') + "..");
    EXPECT_EQ(Scan(with, text, {}), ".." + std::string(first - 2, '#') + ".." +
                                        std::string(second - first - 2, '#') +
                                        "..");
  }
}

}  // namespace
}  // namespace maskpipe
