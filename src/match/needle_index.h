// The needles in the order of their bytes, so that those with one beginning
// stand side by side: a prefix tree without nodes.
//
//   NeedleRange r = index.All();
//   r = index.Narrow(r, 0, 'a');   // those that begin with a
//   r = index.Narrow(r, 1, 'b');   // … with ab
//
// Lives in the arena, which must outlive it.

#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <memory_resource>
#include <span>
#include <string_view>
#include <vector>

#include "src/base/arena.h"
#include "src/match/byte_set.h"
#include "src/match/needle.h"

namespace maskpipe {

// [begin, end) of the needles in their order.
struct NeedleRange {
  uint32_t begin = 0;
  uint32_t end = 0;
  bool empty() const { return begin == end; }
  bool operator==(const NeedleRange&) const = default;
};

struct IndexedNeedle {
  const char* bytes;
  uint32_t length;
  uint32_t secret;
  // Of its first `periodic` bytes each equals the one `period` before it; 0:
  // the needle does not begin so.
  uint32_t periodic;
  uint8_t period;
  bool alone;

  uint8_t at(uint32_t i) const { return static_cast<uint8_t>(bytes[i]); }
  std::string_view text() const { return {bytes, length}; }
};

class NeedleIndex {
 public:
  // Of the needles that are written so; copies what it needs. Of needles with
  // equal bytes one is kept: one that may touch letters before one that must
  // stand alone, then the lowest secret's.
  NeedleIndex(std::span<const Needle> needles, Writing writing, Arena* arena);

  size_t size() const { return needles_.size(); }
  const IndexedNeedle& operator[](uint32_t i) const { return needles_[i]; }
  NeedleRange All() const {
    return {0, static_cast<uint32_t>(needles_.size())};
  }

  // Those that begin with the four bytes at `at`; a shortcut past as many
  // Narrow(), where no needle is shorter.
  static constexpr uint32_t kBegin = 4;
  bool all_long() const { return all_long_; }
  NeedleRange Begin(const char* at) const;

  // Bytes of the longest, and of the shortest if there is any.
  uint32_t longest() const { return longest_; }
  uint32_t shortest() const { return shortest_; }

  // Of a range whose needles share `depth` bytes, those whose next is `byte`.
  NeedleRange Narrow(NeedleRange range, uint32_t depth, uint8_t byte) const;

  // Without the needle that ends at `depth`, which stands first if there is
  // one.
  NeedleRange Longer(NeedleRange range, uint32_t depth) const {
    if (!range.empty() && needles_[range.begin].length == depth) ++range.begin;
    return range;
  }

  // Whether any has at least `length` bytes; where letters stand beside, any
  // that need not stand alone.
  bool AnyOfLength(NeedleRange range, uint64_t length, bool apart) const;
  bool any_alone() const { return any_alone_; }

  // Whether any goes on at `depth` with a byte of the set.
  bool GoesOn(NeedleRange range, uint32_t depth, const ByteSet& next) const;

 private:
  // Needles that begin with the same bytes.
  struct Beginning {
    uint32_t bytes = 0;
    NeedleRange range;
  };
  static size_t Slot(uint32_t bytes, size_t slots) {
    return (bytes * uint64_t{0x9e3779b1} >> 7) & (slots - 1);
  }
  void AddBeginning(NeedleRange range);
  void FindBeginnings();
  uint8_t ByteAt(uint32_t needle, uint32_t depth) const;
  uint32_t FirstFrom(NeedleRange range, uint32_t depth, unsigned byte) const;

  std::pmr::vector<IndexedNeedle> needles_;
  // The first eight bytes of each, the first one in the highest byte: a walk
  // seldom needs more, and finds them side by side.
  std::pmr::vector<uint64_t> first_bytes_;
  // By their hash, the next free one where that is taken; at most half full.
  std::pmr::vector<Beginning> beginnings_;
  // Where the needles that begin with each byte stand.
  std::array<uint32_t, 257> first_{};
  uint32_t longest_ = 0;
  uint32_t shortest_ = std::numeric_limits<uint32_t>::max();
  bool all_long_ = true;
  bool any_alone_ = false;
};

}  // namespace maskpipe
