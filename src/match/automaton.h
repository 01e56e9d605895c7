// An Aho-Corasick automaton over the needles' bytes: every occurrence of every
// needle in one pass, in time linear in the text whatever text and needles are.
//
// It is the engine that promises a bound; kernels that are faster on ordinary
// text stand beside it behind matcher.h. See README.md in this folder.
//
// Immutable after construction and shared by threads. All tables lie in the
// arena, which must outlive it.
//
// Aho, Corasick: Efficient string matching, CACM 18(6), 1975.

#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <memory_resource>
#include <span>
#include <string_view>
#include <vector>

#include "src/base/arena.h"
#include "src/match/needle.h"

namespace maskpipe {

class Automaton {
 public:
  using State = uint32_t;
  static constexpr State kRoot = 0;

  // A needle's end.
  struct End {
    uint32_t length = 0;  // bytes; 0: no needle ends here
    uint32_t secret = 0;
    bool alone = false;
  };

  // Of needles with equal bytes one is kept: one that may touch letters before
  // one that must stand alone, then the one of the lowest secret.
  Automaton(std::span<const Needle> needles, Arena* arena);

  // Reads text[from, size) and calls at(state, i) after each byte i-1 where at
  // least one needle ends. Returns the state after the last byte.
  template <typename F>
  State Run(std::string_view text, size_t from, State state, F&& at) const;

  // One step: the state after `byte`.
  State Next(State s, uint8_t byte) const { return Step(s, byte) & ~kEnds; }

  // The longest needle that ends in `state`, then each shorter one by
  // Shorter().
  State LongestEnd(State s) const { return ends_at_[s]; }
  State Shorter(State s) const { return ends_at_[fail_[s]]; }
  const End& end(State s) const { return ends_[end_index_[s]]; }

  // Length of the longest end of the text that is a proper beginning of some
  // needle, i.e. what may go on; 0: none. may_stand_alone(length) says whether
  // what begins `length` bytes before the text's end has no letter before it.
  template <typename F>
  uint32_t LiveLength(State s, F&& may_stand_alone) const;

  // The longest end of the text of which the shortest needle that it begins
  // has at most twice the length, and which itself has at least `least` bytes:
  // `length` is what was seen of it. Length 0: none.
  End Truncated(State s, uint32_t least) const;

  // The first position from `i` on where a needle may begin, or the first that
  // is too near the end to tell.
  size_t SkipDead(std::string_view text, size_t i) const;

  // Bytes that are looked at to see whether a needle may begin.
  static constexpr size_t kWindow = 4;

  size_t states() const { return fail_.size(); }

 private:
  template <typename T>
  using Table = std::pmr::vector<T>;
  static constexpr uint32_t kNone = ~uint32_t{0};
  // A state with more children than this gets a full row of transitions.
  static constexpr uint32_t kFewChildren = 3;
  // In nearest_, marks a state below which a needle need not stand alone.
  static constexpr uint32_t kAnywhere = uint32_t{1} << 31;
  // In a row, marks a transition to a state in which a needle ends.
  static constexpr uint32_t kEnds = uint32_t{1} << 31;

  struct Trie;

  // The state after `byte`, with kEnds.
  uint32_t Step(State s, uint8_t byte) const;
  uint32_t Marked(State s) const {
    return ends_at_[s] != kRoot ? s | kEnds : s;
  }
  void Number(const Trie& trie, std::span<const Needle> needles);
  void Link();
  void MarkBeginnings(std::span<const Needle> needles);
  uint32_t Hash(const uint8_t* at) const;
  uint64_t MayBegin(uint32_t hash) const {  // 0 or 1
    return beginnings_[hash / 64] >> (hash % 64) & 1;
  }

  // One entry a state, numbered by depth so that siblings are neighbours and a
  // state's failure has a lower number than the state.
  Table<State> fail_;   // the longest proper suffix that is a state
  Table<State> child_;  // the first child
  Table<uint32_t> depth_;
  Table<State> ends_at_;  // this state or the next failure with an end; 0
  Table<uint32_t> row_;   // index of the full row, or kNone
  Table<uint32_t> end_index_;
  Table<uint32_t> nearest_;  // in ends_: the shortest needle below; 0: none;
                             // kAnywhere: one of them need not stand alone
  Table<uint8_t> label_;     // the byte that leads here
  Table<uint16_t> children_;

  Table<std::array<uint32_t, 256>> rows_;
  Table<End> ends_;  // ends_[0] is no end

  // Hashes of the first `window_` bytes of all needles, as a bit set.
  Table<uint64_t> beginnings_;
  uint32_t window_ = 0;  // at most kWindow, and the shortest needle's length
  uint32_t window_bits_ = 0;  // of a 4-byte load, those that the window has
  unsigned hash_shift_ = 0;
};

// At the root nothing is in progress, so bytes are skipped until a needle may
// begin. A step that falls back to less than a window has kept so little that
// the bytes are read again from where that begins, by skipping: most do not
// begin a needle. A fall always moves the beginning on, so no byte is read more
// than a few times.
template <typename F>
Automaton::State Automaton::Run(std::string_view text, size_t from, State state,
                                F&& at) const {
  const auto* bytes = reinterpret_cast<const uint8_t*>(text.data());
  for (size_t i = from; i < text.size();) {
    if (state == kRoot) {
      i = SkipDead(text, i);
      if (i == text.size()) break;
    }
    const uint32_t went_on = depth_[state] + 1;
    const uint32_t next = Step(state, bytes[i++]);
    state = next & ~kEnds;
    if (next & kEnds) at(state, i);
    const uint32_t depth = depth_[state];
    if (depth != went_on && depth < window_ && i - from >= depth) {
      // No needle ends in so short a state: nothing is reported twice.
      i -= depth;
      state = kRoot;
    }
  }
  return state;
}

inline uint32_t Automaton::Hash(const uint8_t* at) const {
  uint32_t window;
  std::memcpy(&window, at, sizeof window);
  return (window & window_bits_) * 0x9e3779b1u >> hash_shift_;
}

template <typename F>
uint32_t Automaton::LiveLength(State s, F&& may_stand_alone) const {
  for (; s != kRoot; s = fail_[s]) {
    if ((nearest_[s] & kAnywhere) != 0) return depth_[s];
    if (children_[s] != 0 && may_stand_alone(depth_[s])) return depth_[s];
  }
  return 0;
}

inline uint32_t Automaton::Step(State s, uint8_t byte) const {
  for (;;) {
    if (row_[s] != kNone) return rows_[row_[s]][byte];
    const State first = child_[s];
    for (State c = first; c != first + children_[s]; ++c) {
      if (label_[c] == byte) return Marked(c);
    }
    s = fail_[s];  // the root has a row, so this ends
  }
}

}  // namespace maskpipe
