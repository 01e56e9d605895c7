#include "src/match/folded.h"

#include <gtest/gtest.h>

#include <set>

#include "tests/support/guarded.h"
#include "tests/support/oracle.h"
#include "tests/support/worlds.h"

namespace maskpipe {
namespace {

// Which bytes are covered: an occurrence may be reported twice, and of those
// that end together only the longest is.
std::vector<bool> Covered(const std::vector<Span>& spans, size_t size) {
  std::vector<bool> covered(size);
  for (const Span& s : spans) {
    std::fill(covered.begin() + static_cast<ptrdiff_t>(s.begin),
              covered.begin() + static_cast<ptrdiff_t>(s.end), true);
  }
  return covered;
}

std::vector<Span> ScanInPieces(const FoldedMatcher& matcher,
                               const std::vector<Needle>& needles,
                               std::string_view text,
                               const std::vector<size_t>& cuts) {
  std::vector<Span> found;
  const auto add = [&](const Span& s) { found.push_back(s); };
  FoldedMatcher::Cursor cursor(0);
  std::vector<size_t> ends = cuts;
  ends.push_back(text.size());
  for (size_t end : ends) {
    const uint64_t begin = matcher.Pending(cursor);
    matcher.Scan({text.substr(begin, end - begin), begin}, &cursor, add);
    EXPECT_EQ(matcher.Pending(cursor),
              oracle::Pending(needles, text.substr(0, end)))
        << text.substr(0, end);
  }
  return found;
}

TEST(Fold, RunsOfWhiteSpaceBecomeOneBlankAndNoneStaysAtTheEnds) {
  Arena arena;
  EXPECT_EQ(Fold(" a \r\n\t b  c\n", &arena), "a b c");
  EXPECT_EQ(Fold(" \n", &arena), "");
}

TEST(Folded, AnyWhiteSpaceMayStandBetweenTheLines) {
  const std::vector<Needle> needles = {{"one two", 0, false, true}};
  const FoldedMatcher matcher(needles);
  for (const std::string& text :
       {std::string("one\ntwo"), std::string("one\r\n      two"),
        std::string("one two"), std::string("one\t\n\n two"),
        "one" + std::string(512, ' ') + "two"}) {
    const std::string padded = "x one " + text + " two x";
    const std::vector<Span> found = ScanInPieces(matcher, needles, padded, {});
    ASSERT_EQ(found.size(), 1u) << text;
    EXPECT_EQ(found[0].begin, 6u);
    EXPECT_EQ(found[0].end, 6 + text.size());
  }
  for (const std::string& text : {std::string("onetwo"), std::string("one-two"),
                                  "one" + std::string(513, ' ') + "two"}) {
    EXPECT_TRUE(ScanInPieces(matcher, needles, text, {}).empty()) << text;
  }
}

TEST(Folded, AgreesWithTheOracleInAllSmallWorldsAtEveryCutInTwo) {
  std::vector<std::string> words;
  for (const std::string& w : AllTexts("ab ", 1, 4)) {
    Arena arena;
    if (Fold(w, &arena) == w) words.push_back(w);
  }
  const std::vector<std::string> texts = AllTexts("ab\n", 0, 6);
  for (size_t i = 0; i < words.size(); i += 2) {
    const std::string& other = words[(i * 7 + 3) % words.size()];
    const std::vector<Needle> needles = {{words[i], 0, false, true},
                                         {other, 1, false, true}};
    const FoldedMatcher matcher(needles);
    for (const std::string& text : texts) {
      const std::vector<bool> expected =
          Covered(oracle::Occurrences(needles, text), text.size());
      for (size_t cut = 0; cut < std::max<size_t>(1, text.size()); ++cut) {
        ASSERT_EQ(
            Covered(ScanInPieces(matcher, needles, text, {cut}), text.size()),
            expected)
            << words[i] << "|" << other << " in " << text;
      }
      if (HasFailure()) return;
    }
  }
}

TEST(Folded, AgreesWithTheOracleInRandomWorldsAtAGuardPage) {
  const uint64_t seed = Seed();
  SCOPED_TRACE("MASKPIPE_SEED=" + std::to_string(seed));
  Random random(seed);
  GuardedText guarded(4096);
  for (int world = 0; world < 2000; ++world) {
    Arena arena;
    std::vector<Needle> needles;
    for (size_t n = 1 + random.Below(4); n > 0; --n) {
      const std::string_view word =
          Fold(random.Text("abc \n", 2 + random.Below(12)), &arena);
      if (!word.empty()) {
        needles.push_back(
            {word, static_cast<uint32_t>(needles.size()), false, true});
      }
    }
    const FoldedMatcher matcher(needles);
    std::string text = random.Text("abc  \n\r", random.Below(200));
    if (random.OneIn(4)) text += std::string(500 + random.Below(30), ' ') + "a";
    std::vector<size_t> cuts;
    for (size_t c = 1; c < text.size(); ++c) {
      if (random.OneIn(15)) cuts.push_back(c);
    }
    ASSERT_EQ(Covered(ScanInPieces(matcher, needles, guarded.Place(text), cuts),
                      text.size()),
              Covered(oracle::Occurrences(needles, text), text.size()));
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace maskpipe
