// The paths of a walk that are still to be followed, by their places; of those
// that meet only as many as may end differently.
//
//   Frontier frontier;
//   frontier.Add(path);
//   while (!frontier.empty()) {
//     std::vector<Path> paths = frontier.TakeNext();   // of the leftmost place
//     ...                                              // adds what comes
//     behind frontier.GiveBack(std::move(paths));
//   }
//
// Belongs to one thread, and keeps its room. It holds places, no secret.

#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "src/match/needle.h"
#include "src/match/needle_index.h"

namespace maskpipe {

// An occurrence in progress.
struct Path {
  uint64_t at;     // where its next unit begins, in bytes of the stream
  uint64_t last;   // where the last unit that was read ends
  uint64_t from;   // the first byte to be masked
  uint64_t holds;  // the first byte held back; kHoldsNothing after early breaks
  uint64_t seen;   // the text's end when it was last looked at; 0: never
  NeedleRange range;
  uint32_t depth;  // bytes of the needles that were read
  uint32_t least;  // a shorter needle does not count, after an early break
  uint8_t noises;  // since the last unit
  Writing writing;
  bool apart;  // no letter or digit stands before it
  bool plain;  // only bytes were read at which nothing else can be
  bool waits;  // a needle ends here that must know the byte after it

  static constexpr uint64_t kHoldsNothing = ~uint64_t{0};
};

// What a walk left open becomes `open`, each path once, in the order in which
// they began. `left` is of no use then.
void MergePaths(std::vector<Path>* left, std::vector<Path>* open);

class Frontier {
 public:
  void Clear();
  bool empty() const { return places_.empty(); }
  uint64_t next() const { return places_.back().at; }

  // One that MergePaths() made: none that was added covers it.
  void AddOpen(const Path& path) { At(path.at).push_back(path); }
  // Dropped where another does all that it would; it drops such others.
  void Add(const Path& path);

  // All that stand at the next place. What is added meanwhile stands behind it.
  std::vector<Path> TakeNext();
  void GiveBack(std::vector<Path> room);

 private:
  struct Place {
    uint64_t at;
    std::vector<Path> paths;
  };

  std::vector<Path>& At(uint64_t at);
  std::vector<Path> NewRoom();

  std::vector<Place> places_;  // the next one last
  std::vector<std::vector<Path>> rooms_;
};

}  // namespace maskpipe
