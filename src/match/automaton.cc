#include "src/match/automaton.h"

#include <algorithm>
#include <bit>
#include <numeric>

namespace maskpipe {

// The needles' prefix tree in the order of a depth-first walk.
struct Automaton::Trie {
  explicit Trie(std::pmr::memory_resource* m)
      : parent(m), depth(m), label(m), end(m) {}

  uint32_t Add(uint32_t from, uint8_t byte) {
    parent.push_back(from);
    depth.push_back(from == kNone ? 0 : depth[from] + 1);
    label.push_back(byte);
    end.push_back(kNone);
    return static_cast<uint32_t>(parent.size() - 1);
  }

  Table<uint32_t> parent;
  Table<uint32_t> depth;
  Table<uint8_t> label;
  Table<uint32_t> end;  // index of the needle that ends here
};

// 1 sort the needles, 2 make the prefix tree, 3 number it by depth,
// 4 link the failures.
Automaton::Automaton(std::span<const Needle> needles, Arena* arena)
    : fail_(arena),
      child_(arena),
      depth_(arena),
      ends_at_(arena),
      row_(arena),
      end_index_(arena),
      nearest_(arena),
      label_(arena),
      children_(arena),
      rows_(arena),
      ends_(arena),
      beginnings_(arena) {
  Arena scratch;  // holds needles' bytes, so it is an arena too

  // 1. Equal needles become neighbours, the one to keep first.
  Table<uint32_t> order(needles.size(), &scratch);
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
    const Needle &x = needles[a], &y = needles[b];
    if (x.bytes != y.bytes) return x.bytes < y.bytes;
    return std::pair(x.alone, x.secret) < std::pair(y.alone, y.secret);
  });

  // 2. Sorted needles share their beginning with the needle before, if any.
  size_t bytes = 1;
  for (const Needle& n : needles) bytes += n.bytes.size();
  Trie trie(&scratch);
  trie.parent.reserve(bytes);
  trie.depth.reserve(bytes);
  trie.label.reserve(bytes);
  trie.end.reserve(bytes);
  trie.Add(kNone, 0);
  Table<uint32_t> path(1, kRoot, &scratch);  // nodes of the last needle
  std::string_view last;
  for (uint32_t i : order) {
    const std::string_view b = needles[i].bytes;
    const size_t shared = static_cast<size_t>(
        std::mismatch(b.begin(), b.end(), last.begin(), last.end()).first -
        b.begin());
    path.resize(shared + 1);
    for (size_t k = shared; k < b.size(); ++k) {
      path.push_back(trie.Add(path.back(), static_cast<uint8_t>(b[k])));
    }
    if (trie.end[path.back()] == kNone) trie.end[path.back()] = i;
    last = b;
  }

  Number(trie, needles);  // 3
  Link();                 // 4
  MarkBeginnings(needles);
}

void Automaton::Number(const Trie& trie, std::span<const Needle> needles) {
  const size_t n = trie.parent.size();
  std::pmr::memory_resource* scratch = trie.parent.get_allocator().resource();

  // A stable counting sort by depth keeps siblings together: in depth-first
  // order everything between two siblings is deeper than they are.
  Table<uint32_t> at(1, 0, scratch);
  for (uint32_t d : trie.depth) {
    if (d + 1 >= at.size()) at.resize(d + 2, 0);
    ++at[d + 1];
  }
  std::partial_sum(at.begin(), at.end(), at.begin());
  Table<State> state(n, kRoot, scratch);
  for (size_t i = 0; i < n; ++i) state[i] = at[trie.depth[i]]++;

  fail_.assign(n, kRoot);
  child_.assign(n, kRoot);
  depth_.assign(n, 0);
  ends_at_.assign(n, kRoot);
  row_.assign(n, kNone);
  end_index_.assign(n, 0);
  nearest_.assign(n, 0);
  label_.assign(n, 0);
  children_.assign(n, 0);
  ends_.reserve(needles.size() + 1);
  ends_.assign(1, End{});
  for (size_t i = 0; i < n; ++i) {
    const State s = state[i];
    depth_[s] = trie.depth[i];
    label_[s] = trie.label[i];
    if (trie.end[i] != kNone) {
      const Needle& needle = needles[trie.end[i]];
      end_index_[s] = static_cast<uint32_t>(ends_.size());
      ends_.push_back({static_cast<uint32_t>(needle.bytes.size()),
                       needle.secret, needle.alone});
    }
    if (s == kRoot) continue;
    const State parent = state[trie.parent[i]];
    if (children_[parent]++ == 0) child_[parent] = s;
    // Depth-first order meets siblings in the order of their numbers.
  }

  // From the leaves up: the shortest needle that goes on from each state.
  Table<State> parent_of(n, kRoot, scratch);
  for (size_t i = 1; i < n; ++i) parent_of[state[i]] = state[trie.parent[i]];
  for (State s = static_cast<State>(n); s-- > 1;) {
    uint32_t& of_parent = nearest_[parent_of[s]];
    uint32_t anywhere = (of_parent | nearest_[s]) & kAnywhere;
    uint32_t nearest = of_parent & ~kAnywhere;
    if (end_index_[s] != 0 && !ends_[end_index_[s]].alone) anywhere = kAnywhere;
    for (uint32_t e : {end_index_[s], nearest_[s] & ~kAnywhere}) {
      if (e == 0) continue;
      if (nearest == 0 ||
          std::pair(ends_[e].length, ends_[e].secret) <
              std::pair(ends_[nearest].length, ends_[nearest].secret)) {
        nearest = e;
      }
    }
    of_parent = nearest | anywhere;
  }
}

// In the order of the numbers, so that a state's failure is complete before it.
void Automaton::Link() {
  const State n = static_cast<State>(fail_.size());
  const auto wants_row = [this](State s) {
    return s == kRoot || children_[s] > kFewChildren;
  };
  size_t rows = 0;
  for (State s = 0; s < n; ++s) rows += wants_row(s);
  rows_.reserve(rows);
  for (State s = 0; s < n; ++s) {
    const State begin = child_[s], end = child_[s] + children_[s];
    for (State c = begin; c != end; ++c) {
      fail_[c] = s == kRoot ? kRoot : Step(fail_[s], label_[c]) & ~kEnds;
      ends_at_[c] = end_index_[c] != 0 ? c : ends_at_[fail_[c]];
    }
    if (!wants_row(s)) continue;
    std::array<uint32_t, 256> row{};  // the root's: back to the root
    if (s != kRoot) {
      for (size_t b = 0; b < row.size(); ++b) {
        row[b] = Step(fail_[s], static_cast<uint8_t>(b));
      }
    }
    for (State c = begin; c != end; ++c) row[label_[c]] = Marked(c);
    row_[s] = static_cast<uint32_t>(rows_.size());
    rows_.push_back(row);
  }
}

void Automaton::MarkBeginnings(std::span<const Needle> needles) {
  window_ = kWindow;
  for (const Needle& n : needles) {
    window_ = std::min(window_, static_cast<uint32_t>(n.bytes.size()));
  }
  for (uint32_t i = 0; i < window_; ++i) window_bits_ |= 0xffu << (8 * i);
  if constexpr (std::endian::native == std::endian::big) {
    window_bits_ = __builtin_bswap32(window_bits_);
  }
  // About 128 bits a needle, within what a level-1 cache holds.
  const unsigned bits = std::clamp(
      static_cast<unsigned>(std::bit_width(needles.size())) + 7, 12u, 18u);
  hash_shift_ = 32 - bits;
  beginnings_.assign((size_t{1} << bits) / 64, 0);
  for (const Needle& n : needles) {
    std::array<uint8_t, kWindow> first{};
    std::memcpy(first.data(), n.bytes.data(), window_);
    const uint32_t hash = Hash(first.data());
    beginnings_[hash / 64] |= uint64_t{1} << (hash % 64);
  }
}

size_t Automaton::SkipDead(std::string_view text, size_t i) const {
  const auto* t = reinterpret_cast<const uint8_t*>(text.data());
  const size_t n = text.size();
  // Four positions a round: each load ends before n.
  for (; i + 3 + kWindow <= n; i += 4) {
    const uint64_t any = MayBegin(Hash(t + i)) | MayBegin(Hash(t + i + 1)) |
                         MayBegin(Hash(t + i + 2)) | MayBegin(Hash(t + i + 3));
    if (any != 0) break;
  }
  while (i + kWindow <= n && MayBegin(Hash(t + i)) == 0) ++i;
  return i;
}

Automaton::End Automaton::Truncated(State s, uint32_t least) const {
  for (; s != kRoot && depth_[s] >= least; s = fail_[s]) {
    const uint32_t nearest = nearest_[s] & ~kAnywhere;
    const End& whole = ends_[nearest];
    if (nearest != 0 && whole.length <= 2 * uint64_t{depth_[s]}) {
      return {depth_[s], whole.secret, false};
    }
  }
  return {};
}

}  // namespace maskpipe
