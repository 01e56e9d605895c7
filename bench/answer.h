// What a run over a world must find and print, for comparison.
//
//   Tally tally;
//   tally.Add(begin, end);            // per occurrence, in any order
//   if (tally != world.answer) ...    // a wrong engine
//
// Both are cheap enough to be kept up while the clock runs.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace maskpipe::bench {

// [begin, end) of a needle in a text.
struct Occurrence {
  uint64_t begin = 0;
  uint64_t end = 0;

  bool operator==(const Occurrence&) const = default;
};

// A set of occurrences, as far as comparing needs it.
class Tally {
 public:
  void Add(uint64_t begin, uint64_t end) {
    ++count_;
    if (end > last_end_) last_end_ = end;
    // A sum, because engines report in different orders; of a product, so that
    // two errors do not cancel each other.
    sum_ += (begin + 1) * (end ^ 0x9e3779b97f4a7c15);
  }

  uint64_t count() const { return count_; }
  uint64_t last_end() const { return last_end_; }
  bool operator==(const Tally&) const = default;
  std::string ToString() const;

 private:
  uint64_t count_ = 0;
  uint64_t last_end_ = 0;
  uint64_t sum_ = 0;
};

// A text's length and FNV-1a hash, however it is cut into pieces.
class Digest {
 public:
  void Add(std::string_view piece);

  uint64_t length() const { return length_; }
  bool operator==(const Digest&) const = default;
  std::string ToString() const;

 private:
  uint64_t length_ = 0;
  uint64_t hash_ = 0xcbf29ce484222325;
};

// Every occurrence of every needle, in the order of their beginnings, found by
// looking up the eight bytes at each position: no code and no idea in common
// with the engines that it judges. Needles have at least eight bytes.
std::vector<Occurrence> FindByLookup(std::string_view text,
                                     const std::vector<std::string>& needles);

// Overlapping and touching ones taken together. `found` is in the order of the
// beginnings.
std::vector<Occurrence> Union(const std::vector<Occurrence>& found);

// Calls piece(text) for each piece of `text` with `regions`, a union, replaced.
template <typename F>
void ForEachPiece(std::string_view text, const std::vector<Occurrence>& regions,
                  std::string_view mask, F&& piece) {
  size_t at = 0;
  for (const Occurrence& r : regions) {
    piece(text.substr(at, r.begin - at));
    piece(mask);
    at = r.end;
  }
  piece(text.substr(at));
}

// The digest of all these pieces.
Digest MaskedDigest(std::string_view text,
                    const std::vector<Occurrence>& regions,
                    std::string_view mask);

}  // namespace maskpipe::bench
