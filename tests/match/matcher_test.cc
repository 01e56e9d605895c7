#include "src/match/matcher.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <set>
#include <tuple>

#include "tests/support/guarded.h"
#include "tests/support/oracle.h"
#include "tests/support/worlds.h"

namespace maskpipe {
namespace {

using Found = std::vector<std::tuple<uint64_t, uint64_t, uint32_t>>;

// Sorted, so that occurrences compare in whatever order they came.
Found ToSet(const std::vector<Span>& spans) {
  Found found;
  for (const Span& s : spans) found.emplace_back(s.begin, s.end, s.secret);
  std::sort(found.begin(), found.end());
  return found;
}

// Of equal needles the matcher keeps one, so the oracle gets no equal ones.
// The bytes live as long as the test program.
std::vector<Needle> Distinct(const std::vector<std::string>& texts) {
  static std::set<std::string> words;
  std::vector<Needle> needles;
  for (const std::string& t : texts) {
    const bool known =
        std::any_of(needles.begin(), needles.end(),
                    [&](const Needle& n) { return n.bytes == t; });
    if (known) continue;
    needles.push_back({*words.insert(t).first,
                       static_cast<uint32_t>(needles.size()), false,
                       Writing::kPlain});
  }
  return needles;
}

// Scans `text` as it stands in memory, cut at `cuts`, each window holding just
// what Scan() asks for, and checks Pending() after each cut.
std::vector<Span> ScanInPieces(const Matcher& matcher,
                               const std::vector<Needle>& needles,
                               std::string_view text,
                               const std::vector<size_t>& cuts,
                               bool truncated = false) {
  std::vector<Span> found;
  const auto add = [&](const Span& s) { found.push_back(s); };
  Matcher::Cursor cursor(0);
  uint64_t pending = 0, needed = 0;
  std::vector<size_t> ends = cuts;
  ends.push_back(text.size());
  for (size_t end : ends) {
    const size_t begin = std::min(pending, needed);
    const Window window{text.substr(begin, end - begin), begin};
    matcher.Scan(window, &cursor, add);
    const uint64_t now = matcher.Pending(cursor);
    EXPECT_EQ(now, oracle::Pending(needles, text.substr(0, end)))
        << "text " << text.substr(0, end);
    EXPECT_GE(now, pending);
    pending = now;
    needed = matcher.Needed(cursor);
    if (end == text.size()) {
      matcher.Finish(window, &cursor, truncated, add);
    }
  }
  if (cuts.empty()) {
    std::vector<Span> whole;
    matcher.ScanWhole(text, truncated,
                      [&](const Span& s) { whole.push_back(s); });
    EXPECT_EQ(ToSet(whole), ToSet(found)) << "text " << text;
  }
  return found;
}

TEST(Matcher, ReportsEveryOccurrenceWithItsBeginAndEnd) {
  const std::vector<Needle> needles = Distinct({"aba", "ab", "bab", "b"});
  const Matcher matcher(needles);
  EXPECT_EQ(ToSet(ScanInPieces(matcher, needles, "ababab", {})),
            ToSet(oracle::Occurrences(needles, "ababab")));
}

// Needles that differ late in their first bytes only, in the order of their
// bytes, at every place of a probe.
TEST(Matcher, TellsNeedlesWithOneBeginningApart) {
  const std::vector<std::string> texts = {"correct-1aaa", "correct-2bbb",
                                          "correct-h3cc", "correct-ho4d"};
  const Matcher matcher(Distinct(texts));
  for (const std::string& needle : texts) {
    for (size_t before = 0; before < 16; ++before) {
      const std::string text = std::string(before, '.') + needle + "....";
      size_t found = 0;
      Matcher::Cursor cursor(0);
      matcher.Scan({text, 0}, &cursor, [&](const Span& s) {
        ++found;
        EXPECT_EQ(s.begin, before);
      });
      EXPECT_EQ(found, 1u) << text;
    }
  }
}

// Every set of one to three needles of length one to three over {a, b}, every
// text up to length eight, every cut in two, and every way of cutting the texts
// up to length six. Some needles must stand alone, which over letters means at
// the text's ends; '-' in the second test lets them stand elsewhere.
TEST(Matcher, AgreesWithTheOracleInAllSmallWorlds) {
  const std::vector<std::string> texts = AllTexts("ab", 0, 8);
  ForEachSmallSet([&](const std::vector<std::string>& words) {
    const std::vector<Needle> needles = Distinct(words);
    const Matcher matcher(needles);
    for (const std::string& text : texts) {
      const Found expected = ToSet(oracle::Occurrences(needles, text));
      ASSERT_EQ(ToSet(ScanInPieces(matcher, needles, text, {})), expected)
          << text;
      for (size_t cut = 1; cut < text.size(); ++cut) {
        ASSERT_EQ(ToSet(ScanInPieces(matcher, needles, text, {cut})), expected)
            << text << " cut at " << cut;
      }
    }
  });
}

TEST(Matcher, AgreesWithTheOracleHoweverTheTextIsCut) {
  const std::vector<std::string> texts = AllTexts("ab", 2, 6);
  ForEachSmallSet([&](const std::vector<std::string>& words) {
    const std::vector<Needle> needles = Distinct(words);
    const Matcher matcher(needles);
    for (const std::string& text : texts) {
      const Found expected = ToSet(oracle::Occurrences(needles, text));
      for (unsigned mask = 1; mask < 1u << (text.size() - 1); ++mask) {
        std::vector<size_t> cuts;
        for (size_t c = 1; c < text.size(); ++c) {
          if (mask >> (c - 1) & 1) cuts.push_back(c);
        }
        ASSERT_EQ(ToSet(ScanInPieces(matcher, needles, text, cuts)), expected)
            << text;
      }
    }
  });
}

TEST(Matcher, NeedlesThatStandAloneAgreeWithTheOracleInAllSmallWorlds) {
  const std::vector<std::string> words = AllTexts("a-", 1, 3);
  const std::vector<std::string> texts = AllTexts("a-", 0, 7);
  for (const std::string& word : words) {
    for (const std::string& other : words) {
      if (word == other) continue;
      std::vector<Needle> needles = Distinct({word, other});
      needles[0].alone = true;
      const Matcher matcher(needles);
      for (const std::string& text : texts) {
        const Found expected = ToSet(oracle::Occurrences(needles, text));
        for (size_t cut = 0; cut < text.size(); ++cut) {
          ASSERT_EQ(ToSet(ScanInPieces(matcher, needles, text,
                                       cut == 0 ? std::vector<size_t>{}
                                                : std::vector<size_t>{cut})),
                    expected)
              << word << " alone, " << other << " in " << text;
        }
        if (HasFailure()) return;
      }
    }
  }
}

TEST(Matcher, AgreesWithTheOracleInRandomWorldsAtAGuardPage) {
  const uint64_t seed = Seed();
  SCOPED_TRACE("MASKPIPE_SEED=" + std::to_string(seed));
  Random random(seed);
  GuardedText guarded(4096);
  for (int world = 0; world < 3000; ++world) {
    const std::string_view alphabet =
        std::string_view("ab-C1\xff\n").substr(0, 2 + random.Below(6));
    std::vector<std::string> words;
    for (size_t n = 1 + random.Below(8); n > 0; --n) {
      words.push_back(random.Text(alphabet, 1 + random.Below(9)));
    }
    std::vector<Needle> needles = Distinct(words);
    for (Needle& n : needles) n.alone = random.OneIn(4);
    const Matcher matcher(needles);
    // Padded before and behind, so that an occurrence meets every offset.
    std::string text(random.Below(70), '.');
    text += random.Text(alphabet, random.Below(200));
    text += std::string(random.Below(70), '.');
    std::vector<size_t> cuts;
    for (size_t c = 1; c < text.size(); ++c) {
      if (random.OneIn(20)) cuts.push_back(c);
    }
    ASSERT_EQ(ToSet(ScanInPieces(matcher, needles, guarded.Place(text), cuts)),
              ToSet(oracle::Occurrences(needles, text)));
    if (HasFailure()) return;
  }
}

// So many that the probes' sets are large, of all lengths at which they differ;
// planted among what is nearly one of them.
TEST(Matcher, ManyNeedlesOfAllLengthsAgreeWithTheOracle) {
  const uint64_t seed = Seed();
  SCOPED_TRACE("MASKPIPE_SEED=" + std::to_string(seed));
  Random random(seed);
  GuardedText guarded(8192);
  for (const size_t least : std::array<size_t, 5>{4, 5, 7, 8, 11}) {
    for (int world = 0; world < 20; ++world) {
      std::vector<std::string> words;
      for (int i = 0; i < 120; ++i) {
        words.push_back(
            random.Text("abcdefghijklmnop", least + random.Below(14)));
      }
      const std::vector<Needle> needles = Distinct(words);
      const Matcher matcher(needles);
      std::string text;
      while (text.size() < 3000) {
        const std::string& word = words[random.Below(words.size())];
        text += random.Text("abcdefghijklmnop", random.Below(20));
        text += word.substr(random.Below(2), word.size() - random.Below(2));
      }
      std::vector<size_t> cuts;
      for (size_t c = 1; c < text.size(); ++c) {
        if (random.OneIn(300)) cuts.push_back(c);
      }
      const Found found =
          ToSet(ScanInPieces(matcher, needles, guarded.Place(text), cuts));
      ASSERT_EQ(found, ToSet(oracle::Occurrences(needles, text)));
      ASSERT_GT(found.size(), 5u);  // that something is compared
    }
  }
}

// What is found inside a long run is not looked for at each of its places.
TEST(Matcher, RunsOfOneByteAgreeWithTheOracle) {
  const uint64_t seed = Seed();
  SCOPED_TRACE("MASKPIPE_SEED=" + std::to_string(seed));
  Random random(seed);
  GuardedText guarded(4096);
  for (int world = 0; world < 500; ++world) {
    std::vector<std::string> words;
    for (size_t n = 1 + random.Below(4); n > 0; --n) {
      std::string word(1 + random.Below(24), random.OneIn(4) ? '-' : 'a');
      if (random.OneIn(3)) word += random.Text("ab-", 1 + random.Below(2));
      if (random.OneIn(4)) word = random.Text("ab-", 1) + word;
      words.push_back(word);
    }
    std::vector<Needle> needles = Distinct(words);
    for (Needle& n : needles) n.alone = random.OneIn(4);
    const Matcher matcher(needles);
    std::string text;
    while (text.size() < 600) {
      text += std::string(random.Below(240), random.OneIn(3) ? '-' : 'a');
      text += random.Text("ab-", random.Below(3));
    }
    std::vector<size_t> cuts;
    for (size_t c = 1; c < text.size(); ++c) {
      if (random.OneIn(200)) cuts.push_back(c);
    }
    ASSERT_EQ(ToSet(ScanInPieces(matcher, needles, guarded.Place(text), cuts)),
              ToSet(oracle::Occurrences(needles, text)))
        << ::testing::PrintToString(words) << " in " << text;
    if (HasFailure()) return;
  }
}

// The worked example of src/match/README.md, made anew.
TEST(Matcher, TheTableInTheReadmeIsRight) {
  const std::vector<std::string> words = {"k/y-1", "y-1 k"};
  const std::vector<Needle> needles = {{words[0], 0}, {words[1], 1}};
  const Matcher matcher(needles);
  const std::string text = "=k%2Fy-1 k%252Fy";
  const auto padded = [](std::string s, size_t width) {
    s.resize(std::max(s.size(), width), ' ');
    return s;
  };
  std::string table = "    text                 ends here    may go on\n";
  for (size_t n = 1; n <= text.size(); ++n) {
    std::string ends;
    Matcher::Cursor cursor(0);
    const Window window{std::string_view(text).substr(0, n), 0};
    matcher.Scan(window, &cursor, [&](const Span& s) {
      if (s.end == n) ends += (ends.empty() ? "" : " ") + words[s.secret];
    });
    const std::string live =
        text.substr(matcher.Pending(cursor), n - matcher.Pending(cursor));
    table += "    " + padded(text.substr(0, n), 21) +
             padded(ends.empty() ? "-" : ends, 13) +
             (live.empty() ? "-" : live) + "\n";
  }
  std::ifstream file(MASKPIPE_SOURCE_DIR "/src/match/README.md");
  const std::string readme{std::istreambuf_iterator<char>(file), {}};
  EXPECT_NE(readme.find(table), std::string::npos) << table;
}

TEST(Matcher, OfEqualNeedlesTheLowestSecretIsReported) {
  const std::vector<Needle> needles = {
      {"token", 3}, {"token", 1}, {"token", 2}};
  const Matcher matcher(needles);
  std::vector<Span> found;
  Matcher::Cursor cursor(0);
  matcher.Scan({"token", 0}, &cursor,
               [&](const Span& s) { found.push_back(s); });
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].secret, 1u);
}

TEST(Matcher, AnEqualNeedleThatMayTouchLettersWinsOverOneThatMustStandAlone) {
  const std::vector<Needle> needles = {{"root", 0, true}, {"root", 1, false}};
  const Matcher matcher(needles);
  bool found = false;
  Matcher::Cursor cursor(0);
  matcher.Scan({"rooted", 0}, &cursor, [&](const Span&) { found = true; });
  EXPECT_TRUE(found);
}

TEST(Matcher, WithoutNeedlesNothingIsFoundOrHeld) {
  const Matcher matcher(std::span<const Needle>{});
  Matcher::Cursor cursor(0);
  const Window window{"any text", 0};
  matcher.Scan(window, &cursor, [](const Span&) { FAIL(); });
  EXPECT_EQ(matcher.Pending(cursor), 8u);
}

// At least eight bytes and half of the needle, and the longest such end.
TEST(Matcher, TheEndOfTheStreamCutsOccurrencesOff) {
  const std::string needle = "0123456789abcdefghij";  // 20 bytes
  const Matcher matcher(std::vector<Needle>{{needle, 0}});
  for (size_t seen = 1; seen < needle.size(); ++seen) {
    const std::string text = "x" + needle.substr(0, seen);
    std::vector<Span> found;
    Matcher::Cursor cursor(0);
    const Window window{text, 0};
    const auto add = [&](const Span& s) { found.push_back(s); };
    matcher.Scan(window, &cursor, add);
    matcher.Finish(window, &cursor, true, add);
    ASSERT_EQ(found.size(), seen >= 10 ? 1u : 0u) << seen;
    if (!found.empty()) {
      EXPECT_EQ(found[0].begin, 1u);
      EXPECT_EQ(found[0].end, text.size());
    }
  }
}

TEST(Matcher, AShortNeedleIsNotCutOffBelowEightBytes) {
  const Matcher matcher(std::vector<Needle>{{"12345678", 0}, {"abcdefghi", 1}});
  for (const auto& [text, cut] :
       {std::pair<const char*, bool>{"1234567", false},
        {"abcdefg", false},
        {"abcdefgh", true}}) {
    int found = 0;
    Matcher::Cursor cursor(0);
    const auto count = [&](const Span&) { ++found; };
    matcher.Scan({text, 0}, &cursor, count);
    matcher.Finish({text, 0}, &cursor, true, count);
    EXPECT_EQ(found, cut ? 1 : 0) << text;
  }
}

TEST(Matcher, TenThousandNeedlesStayWithinSixtyFourMebibytes) {
  Random random(1);
  std::vector<std::string> words;
  for (int i = 0; i < 10000; ++i) {
    words.push_back(
        random.Text("abcdefghijklmnopqrstuvwxyzABCDEF0123456789/+", 40));
  }
  std::vector<Needle> needles;
  for (uint32_t i = 0; i < words.size(); ++i) needles.push_back({words[i], i});
  const size_t before = Arena::usage().mapped;
  const Matcher matcher(needles);
  EXPECT_LT(Arena::usage().mapped - before, size_t{64} << 20);
  EXPECT_EQ(matcher.needles(), 10000u);
}

}  // namespace
}  // namespace maskpipe
