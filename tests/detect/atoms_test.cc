// Every loop finds each atom and nothing else, at every offset and length
// around its width, with guard pages on both sides of the text.

#include "src/detect/atoms.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/support/guarded.h"
#include "tests/support/worlds.h"

namespace maskpipe {
namespace {

using Hits = std::vector<std::pair<size_t, uint32_t>>;

bool StandsAt(const Atom& atom, std::string_view text, size_t at) {
  if (text.size() - at < atom.text.size()) return false;
  for (size_t i = 0; i < atom.text.size(); ++i) {
    char c = text[at + i];
    if (atom.any_case && c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    if (c != atom.text[i]) return false;
  }
  return true;
}

Hits ByDefinition(const std::vector<Atom>& atoms, std::string_view text,
                  size_t from) {
  Hits hits;
  for (size_t at = from; at < text.size(); ++at) {
    for (uint32_t i = 0; i < atoms.size(); ++i) {
      if (StandsAt(atoms[i], text, at)) hits.push_back({at, i});
    }
  }
  return hits;
}

Hits ByFinder(const AtomFinder& finder, std::string_view text, size_t from) {
  std::vector<AtomHit> found;
  finder.Find(text, from, &found);
  Hits hits;
  for (const AtomHit& hit : found) hits.push_back({hit.begin, hit.atom});
  return hits;
}

TEST(Atoms, EachLoopFindsWhatStandsThereAtEveryOffsetAndLength) {
  const uint64_t seed = Seed();
  SCOPED_TRACE("MASKPIPE_SEED=" + std::to_string(seed));
  Random random(seed);
  GuardedText guarded(4096);
  constexpr size_t kLongest = 200;  // three times the widest step
  for (size_t length = 0; length <= kLongest; ++length) {
    std::vector<Atom> atoms;
    for (size_t n = 1 + random.Below(30); n > 0; --n) {
      Atom atom{random.Text("ab\xe1", 3 + random.Below(4)), random.OneIn(2)};
      if (std::find(atoms.begin(), atoms.end(), atom) == atoms.end()) {
        atoms.push_back(atom);
      }
    }
    // 'a' is 0x61: what is told apart by the highest or the case bit alone.
    const std::string text = random.Text("abAB\xe1", length);
    for (const AtomFinder::Loop loop : AtomFinder::Loops()) {
      const AtomFinder finder(atoms, loop);
      for (const std::string_view placed :
           {guarded.Place(text), guarded.PlaceFirst(text)}) {
        for (size_t from = 0; from <= std::min<size_t>(length, 70); ++from) {
          ASSERT_EQ(ByFinder(finder, placed, from),
                    ByDefinition(atoms, text, from))
              << "loop " << static_cast<int>(loop) << ", length " << length
              << ", from " << from;
        }
      }
    }
  }
}

// More than the smallest table of windows has room for, in a text that every
// loop goes through in several pieces.
TEST(Atoms, ThousandsAreFoundInALongText) {
  const uint64_t seed = Seed();
  SCOPED_TRACE("MASKPIPE_SEED=" + std::to_string(seed));
  Random random(seed);
  std::vector<Atom> atoms;
  for (int n = 0; n < 6000; ++n) {
    atoms.push_back({random.Text("abcdefghijklmnopqrstuvwxyz0123456789_-", 6) +
                         std::to_string(n),
                     random.OneIn(2)});
  }
  std::string text;
  while (text.size() < 5000) {
    text += random.Text("abcxyz019_- ", random.Below(60));
    text += atoms[random.Below(atoms.size())].text;
  }
  const Hits expected = ByDefinition(atoms, text, 0);
  EXPECT_GT(expected.size(), 80u);
  for (const AtomFinder::Loop loop : AtomFinder::Loops()) {
    EXPECT_EQ(ByFinder(AtomFinder(atoms, loop), text, 0), expected);
  }
}

TEST(Atoms, NoneFindNothing) {
  for (const AtomFinder::Loop loop : AtomFinder::Loops()) {
    const std::string text(300, 'a');
    EXPECT_TRUE(ByFinder(AtomFinder({}, loop), text, 0).empty());
  }
}

}  // namespace
}  // namespace maskpipe
