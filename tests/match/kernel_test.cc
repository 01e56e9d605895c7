// Every kernel finds what the definition of its loops says, at every offset and
// length around its width, with guard pages on both sides of the text.

#include "src/match/kernel.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "src/base/arena.h"
#include "tests/support/guarded.h"
#include "tests/support/worlds.h"

namespace maskpipe {
namespace {

std::vector<const Kernel*> Kernels() {
  std::vector<const Kernel*> kernels = {&PortableKernel()};
  for (const Kernel* k : {NeonKernel(), Avx2Kernel(), Avx512Kernel()}) {
    if (k != nullptr) kernels.push_back(k);
  }
  return kernels;
}

Offsets ByDefinition(const WindowSet& set, std::string_view text, size_t from,
                     size_t to, size_t stride) {
  Offsets hits;
  for (size_t i = from; i < to; i += stride) {
    const uint32_t window = LoadWindow(text.data() + i);
    const uint32_t folded = WindowSet::Folded(window);
    const std::span<const uint32_t> few = set.few();
    const bool has =
        stride == 1 && !few.empty()
            ? std::find(few.begin(), few.end(), folded) != few.end()
            : set.MayHave(window);
    if (has) hits.push_back(static_cast<uint32_t>(i));
  }
  return hits;
}

std::vector<uint32_t> SomeWindows(Random* random, int count) {
  std::vector<uint32_t> windows;
  for (int i = 0; i < count; ++i) {
    windows.push_back(LoadWindow(random->Text("abcd", 4).data()));
  }
  return windows;
}

// All lengths up to some steps of the narrow loops, and those around a few of
// the widest, which looks at 512 bytes at a time.
std::vector<size_t> Lengths() {
  std::vector<size_t> lengths;
  for (size_t n = WindowSet::kWindow; n <= 200; ++n) lengths.push_back(n);
  for (size_t steps = 1; steps <= 3; ++steps) {
    for (size_t n = steps * 512 - 3; n <= steps * 512 + 12; ++n) {
      lengths.push_back(n);
    }
  }
  return lengths;
}

TEST(Kernel, FindsTheSameAtEveryOffsetAndLength) {
  Random random(Seed());
  Arena arena;
  GuardedText guarded(4096);
  // A set in a table, one that registers hold, and those that are compared.
  std::vector<WindowSet> sets;
  for (int count : {120, 40, 8, 3, 2, 1}) {
    sets.emplace_back(SomeWindows(&random, count), &arena);
  }
  for (const Kernel* kernel : Kernels()) {
    const std::pair<Kernel::Loop, size_t> loops[] = {{kernel->every_eighth, 8},
                                                     {kernel->every_fourth, 4},
                                                     {kernel->every_second, 2},
                                                     {kernel->every, 1}};
    for (size_t length : Lengths()) {
      const std::string text = random.Text("abcd", length);
      const size_t end = length - WindowSet::kWindow + 1;
      const WindowSet& set = sets[length % sets.size()];
      for (const std::string_view placed :
           {guarded.Place(text), guarded.PlaceFirst(text)}) {
        for (size_t from = 0; from < std::min<size_t>(end, 70); ++from) {
          const size_t to = end - random.Below(std::min<size_t>(end - from, 9));
          for (const auto& [loop, stride] : loops) {
            Offsets hits;
            loop(set, placed, from, to, &hits);
            ASSERT_EQ(hits, ByDefinition(set, placed, from, to, stride))
                << kernel->name << " " << stride << " " << text << " " << from
                << " " << to;
          }
        }
      }
    }
  }
}

// Of few windows the whole text's only one, which no other's bytes help to see.
TEST(Kernel, FindsOneOfFewAtEachPlace) {
  Arena arena;
  GuardedText guarded(4096);
  const std::string_view words[] = {"wxyz", "1234", "#+-!", "WXyz",
                                    "abab", "ssss", "o-o-", "qrqr"};
  std::vector<uint32_t> windows;
  for (const std::string_view word : words) {
    windows.push_back(LoadWindow(word.data()));
    const WindowSet set(windows, &arena);
    for (const Kernel* kernel : Kernels()) {
      for (size_t at = 0; at <= 200; ++at) {
        std::string text(204, '.');
        text.replace(at, word.size(), word);
        Offsets hits;
        kernel->every(set, guarded.Place(text), 0, 201, &hits);
        ASSERT_EQ(hits, Offsets{static_cast<uint32_t>(at)})
            << kernel->name << " " << windows.size();
      }
    }
  }
}

TEST(Kernel, FindsEveryByteOfASet) {
  Random random(Seed());
  GuardedText guarded(4096);
  ByteSet set;
  for (char c : std::string_view("%\\&=\"'$^`+\n\x1b")) {
    set.Add(static_cast<uint8_t>(c));
  }
  NibbleSet nibbles;
  ASSERT_TRUE(MakeNibbleSet(set, &nibbles));
  std::string every;
  for (int b = 0; b < 256; ++b) every += static_cast<char>(b);
  for (const Kernel* kernel : Kernels()) {
    for (size_t length = 0; length <= 256; ++length) {
      std::string text = every.substr(0, length);
      std::shuffle(text.begin(), text.end(), std::mt19937(length));
      for (const std::string_view placed :
           {guarded.Place(text), guarded.PlaceFirst(text)}) {
        for (size_t from = 0; from <= std::min<size_t>(length, 40); ++from) {
          Offsets hits, expected;
          kernel->bytes(set, nibbles, placed, from, length, &hits);
          for (size_t i = from; i < length; ++i) {
            if (set.Has(text[i])) expected.push_back(static_cast<uint32_t>(i));
          }
          ASSERT_EQ(hits, expected) << kernel->name << " " << from;
        }
      }
    }
  }
}

// Of a byte that is not ASCII the nibbles would be ambiguous.
TEST(Kernel, RefusesASetThatNibblesCannotTell) {
  ByteSet set;
  set.Add(uint8_t{0x80});
  NibbleSet nibbles;
  EXPECT_FALSE(MakeNibbleSet(set, &nibbles));
}

TEST(Kernel, TheOneThatIsAskedForIsChosen) {
  const char* forced = std::getenv("MASKPIPE_KERNEL");
  const Kernel* chosen = ChosenKernel();
  ASSERT_NE(chosen, nullptr);
  if (forced == nullptr) {
    EXPECT_EQ(chosen, Kernels().back());
  } else {
    EXPECT_STREQ(chosen->name, forced);
  }
}

}  // namespace
}  // namespace maskpipe
