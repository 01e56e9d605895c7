#include "src/stream/region.h"

#include <algorithm>

#include "src/stream/compiled_set.h"

namespace maskpipe {

void Regions::Merge(const Regions& other) {
  if (other.empty()) return;
  Regions merged;
  auto a = begin();
  auto b = other.begin();
  while (a != end() || b != other.end()) {
    const bool take_a =
        b == other.end() || (a != end() && a->begin <= b->begin);
    merged.AddRegion(take_a ? *a++ : *b++);
  }
  *this = std::move(merged);
}

void Regions::AddRegion(Region merged) {
  // [at, last) are the regions that the new one overlaps or touches.
  size_t last = list_.size();
  while (last > first_ && list_[last - 1].begin > merged.end) --last;
  size_t at = last;
  for (; at > first_ && list_[at - 1].end >= merged.begin; --at) {
    const Region& r = list_[at - 1];
    const bool earlier = r.begin < merged.begin;
    const bool same = r.begin == merged.begin;
    const bool names =
        earlier || (same && (r.label_end > merged.label_end ||
                             (r.label_end == merged.label_end &&
                              r.label->name <= merged.label->name)));
    if (names) {
      merged.label = r.label;
      merged.label_end = r.label_end;
    }
    merged.begin = std::min(merged.begin, r.begin);
    merged.end = std::max(merged.end, r.end);
  }
  const auto place = [this](size_t i) {
    return list_.begin() + static_cast<std::ptrdiff_t>(i);
  };
  if (at == last) {
    list_.insert(place(at), merged);
  } else {
    list_[at] = merged;
    list_.erase(place(at + 1), place(last));
  }
}

void Regions::PopFront() {
  if (++first_ == list_.size()) Clear();
}

void Regions::Clear() {
  list_.clear();
  first_ = 0;
}

}  // namespace maskpipe
