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

  // A needle's end, as Ends() lists them for a state.
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

  // The longest needle that ends in `state`, then each shorter one by Shorter().
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

  size_t states() const { return fail_.size(); }

 private:
  template <typename T>
  using Table = std::pmr::vector<T>;
  static constexpr uint32_t kNone = ~uint32_t{0};
  // A state with more children than this gets a full row of transitions.
  static constexpr uint32_t kFewChildren = 3;

  struct Trie;

  State Step(State s, uint8_t byte) const;
  size_t SkipDead(std::string_view text, size_t i) const;
  void Number(const Trie& trie, std::span<const Needle> needles);
  void Link();
  void MarkPairs();

  // One entry a state, numbered by depth so that siblings are neighbours and a
  // state's failure has a lower number than the state.
  Table<State> fail_;        // the longest proper suffix that is a state
  Table<State> child_;       // the first child
  Table<uint32_t> depth_;
  Table<State> ends_at_;     // this state or the next failure with an end; 0
  Table<uint32_t> row_;      // index of the full row, or kNone
  Table<uint32_t> end_index_;
  Table<uint32_t> nearest_;  // in ends_: the shortest needle below that need
                             // not stand alone; 0: none
  Table<uint8_t> label_;     // the byte that leads here
  Table<uint16_t> children_;

  Table<std::array<State, 256>> rows_;
  Table<End> ends_;             // ends_[0] is no end
  Table<uint64_t> pairs_;       // bit set of byte pairs that begin a needle
};

// At the root nothing is in progress, so bytes are skipped two at a time
// until a pair begins a needle.
template <typename F>
Automaton::State Automaton::Run(std::string_view text, size_t from, State state,
                                F&& at) const {
  for (size_t i = from; i < text.size();) {
    if (state == kRoot) {
      i = SkipDead(text, i);
      if (i == text.size()) break;
    }
    state = Step(state, static_cast<uint8_t>(text[i++]));
    if (ends_at_[state] != kRoot) at(state, i);
  }
  return state;
}

template <typename F>
uint32_t Automaton::LiveLength(State s, F&& may_stand_alone) const {
  for (; s != kRoot; s = fail_[s]) {
    const bool goes_on_anywhere = nearest_[s] != 0;
    if (goes_on_anywhere) return depth_[s];
    if (children_[s] != 0 && may_stand_alone(depth_[s])) return depth_[s];
  }
  return 0;
}

inline Automaton::State Automaton::Step(State s, uint8_t byte) const {
  for (;;) {
    if (row_[s] != kNone) return rows_[row_[s]][byte];
    const State first = child_[s];
    for (State c = first; c != first + children_[s]; ++c) {
      if (label_[c] == byte) return c;
    }
    s = fail_[s];  // the root has a row, so this ends
  }
}

}  // namespace maskpipe
