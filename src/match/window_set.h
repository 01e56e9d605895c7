// A set of four-byte windows that says "no" or "maybe": a Bloom filter of which
// one word of the table answers for a window (blocked, see Putze, Sanders and
// Singler: Cache-, Hash- and Space-Efficient Bloom Filters, 2007).
//
//   WindowSet set(windows, &arena);
//   if (set.MayHave(LoadWindow(text + i))) ...
//
// Letters count the same in either case, so that hexadecimal digits do. And a
// set of pairs of bytes.

#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <memory_resource>
#include <span>
#include <vector>

#include "src/base/arena.h"

namespace maskpipe {

inline uint32_t LoadWindow(const char* at) {
  uint32_t window;
  std::memcpy(&window, at, sizeof window);
  return window;
}

class WindowSet {
 public:
  static constexpr size_t kWindow = 4;  // bytes
  // So many make the smallest set, which registers may hold; one in a hundred
  // others passes then.
  static constexpr size_t kMostHeld = 96;
  // So many are compared as they are.
  static constexpr size_t kMostFew = 8;

  WindowSet(std::span<const uint32_t> windows, Arena* arena)
      : words_(arena), few_(arena) {
    // Twenty-four bits a window where that stays in near caches, else twelve.
    // At least 1 KiB, but for so few that registers can hold the set.
    const size_t bits = windows.size() <= kMany ? 24 : 12;
    const size_t wanted = windows.size() * bits / 32 + 1;
    const int log2 =
        windows.size() <= kMostHeld
            ? kSmallestLog2
            : std::clamp(static_cast<int>(std::bit_width(wanted)), 8, 20);
    words_.assign(size_t{1} << log2, 0);
    shift_ = 32 - log2;
    empty_ = windows.empty();
    if (windows.size() <= kMostFew) {
      few_.assign(windows.begin(), windows.end());
      for (uint32_t& window : few_) window = Folded(window);
    }
    for (uint32_t w : windows) {
      const uint32_t h = Hash(w);
      words_[h >> shift_] |= Bits(h);
    }
  }

  // Its windows, folded, if it has at most kMostFew; else none.
  std::span<const uint32_t> few() const { return few_; }

  // Whether it has 64 words.
  bool smallest() const { return shift_ == 32 - kSmallestLog2; }

  // Windows that count the same are equal then.
  static uint32_t Folded(uint32_t window) { return window | kFold; }

  static uint32_t Hash(uint32_t window) { return Folded(window) * kFactor; }

  bool empty() const { return empty_; }
  bool MayHave(uint32_t window) const {
    const uint32_t h = Hash(window);
    const uint32_t bits = Bits(h);
    return (words_[h >> shift_] & bits) == bits;
  }

  // For kernels: the window is hashed by (w | kFold) * kFactor, whose upper
  // bits from shift() on say the word, and twice five below them the bits.
  static constexpr uint32_t kFold = 0x20202020;
  static constexpr uint32_t kFactor = 0x9e3779b1;
  const uint32_t* words() const { return words_.data(); }
  int shift() const { return shift_; }

 private:
  static constexpr int kSmallestLog2 = 6;
  static constexpr size_t kMany = size_t{64} << 10;

  uint32_t Bits(uint32_t h) const {
    return uint32_t{1} << (h >> (shift_ - 5) & 31) |
           uint32_t{1} << (h >> (shift_ - 10) & 31);
  }

  std::pmr::vector<uint32_t> words_;
  std::pmr::vector<uint32_t> few_;  // bytes of secrets, so in the arena too
  int shift_ = 0;
  bool empty_ = true;
};

// A set of pairs of bytes, exact.
class PairSet {
 public:
  explicit PairSet(Arena* arena) : words_(size_t{65536} / 64, arena) {}

  void Add(char a, char b) { words_[Index(a, b) / 64] |= Bit(Index(a, b)); }
  bool Has(const char* at) const {
    const size_t i = Index(at[0], at[1]);
    return (words_[i / 64] & Bit(i)) != 0;
  }

 private:
  static size_t Index(char a, char b) {
    return size_t{static_cast<uint8_t>(a)} << 8 | static_cast<uint8_t>(b);
  }
  static uint64_t Bit(size_t i) { return uint64_t{1} << (i % 64); }

  std::pmr::vector<uint64_t> words_;
};

}  // namespace maskpipe
