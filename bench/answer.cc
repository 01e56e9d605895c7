#include "bench/answer.h"

#include <algorithm>
#include <cstring>
#include <unordered_map>

namespace maskpipe::bench {
namespace {

constexpr size_t kHead = 8;
constexpr int kFilterBits = 20;

uint64_t HeadAt(const char* p) {
  uint64_t head;
  std::memcpy(&head, p, kHead);
  return head;
}

size_t FilterPlace(uint64_t head) {
  return head * 0x9e3779b97f4a7c15 >> (64 - kFilterBits);
}

}  // namespace

std::string Tally::ToString() const {
  return std::to_string(count_) + " occurrences, the last ends at " +
         std::to_string(last_end_) + ", sum " + std::to_string(sum_);
}

void Digest::Add(std::string_view piece) {
  length_ += piece.size();
  uint64_t h = hash_;
  for (char c : piece) h = (h ^ static_cast<uint8_t>(c)) * 0x100000001b3;
  hash_ = h;
}

std::string Digest::ToString() const {
  return std::to_string(length_) + " bytes, hash " + std::to_string(hash_);
}

std::vector<Occurrence> FindByLookup(std::string_view text,
                                     const std::vector<std::string>& needles) {
  std::unordered_multimap<uint64_t, std::string_view> by_head;
  // Most positions end at this table, or checking would take longer than what
  // is checked.
  std::vector<bool> filter(size_t{1} << kFilterBits);
  for (const std::string& n : needles) {
    by_head.emplace(HeadAt(n.data()), n);
    filter[FilterPlace(HeadAt(n.data()))] = true;
  }

  std::vector<Occurrence> found;
  for (size_t i = 0; i + kHead <= text.size(); ++i) {
    const uint64_t head = HeadAt(text.data() + i);
    if (!filter[FilterPlace(head)]) continue;
    const auto [first, last] = by_head.equal_range(head);
    for (auto it = first; it != last; ++it) {
      const std::string_view needle = it->second;
      if (text.substr(i, needle.size()) == needle) {
        found.push_back({i, i + needle.size()});
      }
    }
  }
  return found;
}

std::vector<Occurrence> Union(const std::vector<Occurrence>& found) {
  std::vector<Occurrence> regions;
  for (const Occurrence& o : found) {
    if (regions.empty() || o.begin > regions.back().end) {
      regions.push_back(o);
    } else {
      regions.back().end = std::max(regions.back().end, o.end);
    }
  }
  return regions;
}

Digest MaskedDigest(std::string_view text,
                    const std::vector<Occurrence>& regions,
                    std::string_view mask) {
  Digest digest;
  ForEachPiece(text, regions, mask,
               [&digest](std::string_view piece) { digest.Add(piece); });
  return digest;
}

}  // namespace maskpipe::bench
