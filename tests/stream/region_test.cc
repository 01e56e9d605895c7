#include "src/stream/region.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "src/stream/compiled_set.h"
#include "tests/support/worlds.h"

namespace maskpipe {
namespace {

struct Occurrence {
  uint64_t begin, end;
  const Label* label;
};

TEST(Regions, AreTheSameInWhateverOrderOccurrencesCome) {
  const Label labels[] = {{"a", "", 0}, {"b", "", 0}, {"c", "", 0}};
  Random random(11);
  for (int world = 0; world < 3000; ++world) {
    std::vector<Occurrence> occurrences;
    for (size_t n = 1 + random.Below(7); n > 0; --n) {
      const uint64_t begin = random.Below(20);
      occurrences.push_back(
          {begin, begin + 1 + random.Below(5), &labels[random.Below(3)]});
    }
    // A byte is covered, or the seam before it is, in which case it touches.
    std::vector<const Label*> expected_labels;
    std::vector<std::pair<uint64_t, uint64_t>> expected;
    std::vector<Occurrence> sorted = occurrences;
    std::sort(sorted.begin(), sorted.end(),
              [](const Occurrence& x, const Occurrence& y) {
                if (x.begin != y.begin) return x.begin < y.begin;
                if (x.end != y.end) return x.end > y.end;
                return x.label->name < y.label->name;
              });
    for (const Occurrence& o : sorted) {
      if (expected.empty() || o.begin > expected.back().second) {
        expected.emplace_back(o.begin, o.end);
        expected_labels.push_back(o.label);
      } else {
        expected.back().second = std::max(expected.back().second, o.end);
      }
    }

    Regions regions;
    for (const Occurrence& o : occurrences) {
      regions.Add(o.begin, o.end, o.label);
    }
    size_t i = 0;
    for (const Region& r : regions) {
      ASSERT_LT(i, expected.size());
      EXPECT_EQ(r.begin, expected[i].first);
      EXPECT_EQ(r.end, expected[i].second);
      EXPECT_EQ(r.label->name, expected_labels[i]->name);
      ++i;
    }
    ASSERT_EQ(i, expected.size());
  }
}

TEST(Regions, MergedListsAreAsIfAddedOneByOne) {
  const Label labels[] = {{"a", "", 0}, {"b", "", 0}, {"c", "", 0}};
  Random random(12);
  for (int world = 0; world < 3000; ++world) {
    Regions one, other, all;
    for (size_t n = random.Below(8); n > 0; --n) {
      const uint64_t begin = random.Below(30),
                     end = begin + 1 + random.Below(4);
      const Label* label = &labels[random.Below(3)];
      (random.OneIn(2) ? one : other).Add(begin, end, label);
      all.Add(begin, end, label);
    }
    one.Merge(other);
    const auto text = [](const Regions& regions) {
      std::string s;
      for (const Region& r : regions) {
        s += std::to_string(r.begin) + "-" + std::to_string(r.end) +
             r.label->name + std::to_string(r.label_end) + " ";
      }
      return s;
    };
    ASSERT_EQ(text(one), text(all));
  }
}

TEST(Regions, PoppedOnesAreGone) {
  const Label label{"a", "", 0};
  Regions regions;
  regions.Add(0, 2, &label);
  regions.Add(5, 7, &label);
  EXPECT_EQ(regions.front().begin, 0u);
  regions.PopFront();
  EXPECT_EQ(regions.front().begin, 5u);
  regions.PopFront();
  EXPECT_TRUE(regions.empty());
}

}  // namespace
}  // namespace maskpipe
