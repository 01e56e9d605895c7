// The union of occurrences: overlapping and touching ones become one region,
// which gets one mask.

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace maskpipe {

struct Label;

struct Region {
  uint64_t begin = 0;
  uint64_t end = 0;
  // Whose mask it gets: the occurrence that starts first, of those the
  // longest, of equal ones the first by name.
  const Label* label = nullptr;
  uint64_t label_end = 0;  // where that occurrence ends
};

// Disjoint regions that do not touch, in the order of the text.
class Regions {
 public:
  // Adds an occurrence. Cheap near the end of the list, where a scan adds.
  void Add(uint64_t begin, uint64_t end, const Label* label) {
    // What only makes the last region longer, which in a run of overlapping
    // occurrences is every one of them.
    if (!empty() && begin > list_.back().begin && begin <= list_.back().end) {
      list_.back().end = std::max(list_.back().end, end);
      return;
    }
    AddRegion({begin, end, label, end});
  }

  // Adds all of `other`, in one pass over both.
  void Merge(const Regions& other);

  bool empty() const { return first_ == list_.size(); }
  const Region& front() const { return list_[first_]; }
  void PopFront();
  void Clear();

  std::vector<Region>::const_iterator begin() const {
    return list_.begin() + static_cast<std::ptrdiff_t>(first_);
  }
  std::vector<Region>::const_iterator end() const { return list_.end(); }

 private:
  void AddRegion(Region added);

  std::vector<Region> list_;
  std::size_t first_ = 0;  // those before are popped
};

}  // namespace maskpipe
