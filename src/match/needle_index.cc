#include "src/match/needle_index.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <tuple>

namespace maskpipe {

namespace {

// Eight bytes are one number, and tell most needles apart.
struct Sorted {
  uint64_t first_bytes;
  uint64_t next_bytes;  // those at the depth to which others are the same
  uint32_t needle;
  uint32_t size;
};

// So that numbers are in the order of the bytes.
uint64_t BytesFrom(std::string_view bytes, size_t depth) {
  uint64_t number = 0;
  if (depth + sizeof number <= bytes.size()) {
    std::memcpy(&number, bytes.data() + depth, sizeof number);
    if constexpr (std::endian::native == std::endian::little) {
      number = __builtin_bswap64(number);
    }
    return number;
  }
  for (size_t i = depth; i < depth + sizeof number; ++i) {
    number <<= 8;
    if (i < bytes.size()) number |= static_cast<uint8_t>(bytes[i]);
  }
  return number;
}

// Sorted needles lie all over the memory: that of one some places on, and where
// its bytes are, is fetched.
void Prefetch(std::span<const Sorted> order, size_t at,
              std::span<const Needle> needles) {
  constexpr size_t kBytes = 8, kNeedles = 16;
  if (at + kNeedles >= order.size()) return;
  __builtin_prefetch(&needles[order[at + kNeedles].needle]);
  __builtin_prefetch(needles[order[at + kBytes].needle].bytes.data());
}

// Those that have all `depth` bytes in common, by what follows: eight bytes at
// a time, so that beginnings that many share are not compared again and again.
void Sort(std::span<Sorted> group, size_t depth,
          std::span<const Needle> needles) {
  constexpr size_t kDeepest = 256;
  for (size_t i = 0; i < group.size(); ++i) {
    Prefetch(group, i, needles);
    Sorted& s = group[i];
    s.next_bytes = BytesFrom(needles[s.needle].bytes, depth);
    if (depth == 0) s.first_bytes = s.next_bytes;
  }
  std::sort(group.begin(), group.end(), [](const Sorted& a, const Sorted& b) {
    return a.next_bytes < b.next_bytes;
  });
  depth += sizeof(uint64_t);
  for (size_t first = 0, end; first < group.size(); first = end) {
    bool longer = depth < kDeepest;
    for (end = first;
         end < group.size() && group[end].next_bytes == group[first].next_bytes;
         ++end) {
      longer = longer && group[end].size >= depth;
    }
    if (end - first == 1) continue;
    const std::span<Sorted> same = group.subspan(first, end - first);
    if (longer) {
      Sort(same, depth, needles);
      continue;
    }
    std::sort(same.begin(), same.end(), [&](const Sorted& a, const Sorted& b) {
      const Needle &x = needles[a.needle], &y = needles[b.needle];
      const int compared = x.bytes.compare(y.bytes);
      if (compared != 0) return compared < 0;
      return std::tuple(x.alone, x.secret) < std::tuple(y.alone, y.secret);
    });
  }
}

// Sets how far the needle repeats its first few bytes.
void FindPeriod(IndexedNeedle* n) {
  constexpr uint32_t kLongest = 16, kLeast = 64;
  if (n->length < kLeast) return;
  for (uint32_t period = 1; period <= kLongest; ++period) {
    uint32_t i = period;
    while (i < n->length && n->bytes[i] == n->bytes[i - period]) ++i;
    if (i < kLeast) continue;
    n->periodic = i;
    n->period = static_cast<uint8_t>(period);
    return;
  }
}

}  // namespace

NeedleIndex::NeedleIndex(std::span<const Needle> needles, Writing writing,
                         Arena* arena)
    : needles_(arena), first_bytes_(arena), beginnings_(arena) {
  std::vector<Sorted> order;
  order.reserve(needles.size());
  for (uint32_t i = 0; i < needles.size(); ++i) {
    if (needles[i].writing != writing) continue;
    order.push_back({.first_bytes = 0,
                     .next_bytes = 0,
                     .needle = i,
                     .size = static_cast<uint32_t>(needles[i].bytes.size())});
  }
  Sort(order, 0, needles);
  const auto same = [&](const Sorted& a, const Sorted& b) {
    return a.size == b.size && a.first_bytes == b.first_bytes &&
           needles[a.needle].bytes == needles[b.needle].bytes;
  };
  const auto end = std::unique(order.begin(), order.end(), same);
  for (auto i = end; i != order.end(); ++i) Wipe(&*i, sizeof *i);
  order.erase(end, order.end());
  // Whether the next one begins with all of it, so that one copy does.
  const auto goes_on = [&](size_t i) {
    if (i + 1 == order.size()) return false;
    const Sorted &one = order[i], &next = order[i + 1];
    if (next.size < one.size ||
        (one.size >= sizeof(uint64_t) && one.first_bytes != next.first_bytes)) {
      return false;
    }
    return needles[next.needle].bytes.starts_with(needles[one.needle].bytes);
  };
  size_t bytes = 0;
  for (size_t i = 0; i < order.size(); ++i) {
    if (!goes_on(i)) bytes += order[i].size;
  }
  // Side by side, so that a walk stays in few cache lines.
  char* room = static_cast<char*>(arena->allocate(bytes + 1, 1));
  needles_.reserve(order.size());
  first_bytes_.reserve(order.size());
  for (size_t i = 0; i < order.size(); ++i) {
    Prefetch(order, i, needles);
    const Needle& n = needles[order[i].needle];
    needles_.push_back({.bytes = room,
                        .length = static_cast<uint32_t>(n.bytes.size()),
                        .secret = n.secret,
                        .periodic = 0,
                        .period = 0,
                        .alone = n.alone});
    first_bytes_.push_back(order[i].first_bytes);
    longest_ = std::max(longest_, needles_.back().length);
    shortest_ = std::min(shortest_, needles_.back().length);
    all_long_ = all_long_ && needles_.back().length >= kBegin;
    any_alone_ = any_alone_ || n.alone;
    n.bytes.copy(room, n.bytes.size());
    if (!goes_on(i)) room += n.bytes.size();
    FindPeriod(&needles_.back());
  }
  for (Sorted& s : order) Wipe(&s, sizeof s);
  uint32_t i = 0;
  for (unsigned b = 0; b < 256; ++b) {
    while (i < needles_.size() && needles_[i].at(0) < b) ++i;
    first_[b] = i;
  }
  first_[256] = static_cast<uint32_t>(needles_.size());
  if (writing != Writing::kHex && all_long_) FindBeginnings();
}

void NeedleIndex::FindBeginnings() {
  constexpr int kShift = 8 * (sizeof(uint64_t) - kBegin);
  const auto begins = [this](uint32_t i) { return first_bytes_[i] >> kShift; };
  const auto count = static_cast<uint32_t>(needles_.size());
  size_t different = 0;
  for (uint32_t i = 0; i < count; ++i) {
    different += i == 0 || begins(i) != begins(i - 1);
  }
  beginnings_.resize(std::bit_ceil(2 * different + 1));
  for (uint32_t first = 0, i = 0; i < count; ++i) {
    if (i + 1 < count && begins(i + 1) == begins(first)) continue;
    AddBeginning({first, i + 1});
    first = i + 1;
  }
}

void NeedleIndex::AddBeginning(NeedleRange range) {
  uint32_t bytes;
  std::memcpy(&bytes, needles_[range.begin].bytes, kBegin);
  const size_t slots = beginnings_.size();
  size_t slot = Slot(bytes, slots);
  while (!beginnings_[slot].range.empty()) slot = (slot + 1) & (slots - 1);
  beginnings_[slot] = {bytes, range};
}

NeedleRange NeedleIndex::Begin(const char* at) const {
  uint32_t bytes;
  std::memcpy(&bytes, at, kBegin);
  const size_t slots = beginnings_.size();
  for (size_t slot = Slot(bytes, slots);; slot = (slot + 1) & (slots - 1)) {
    const Beginning& b = beginnings_[slot];
    if (b.range.empty() || b.bytes == bytes) return b.range;
  }
}

uint8_t NeedleIndex::ByteAt(uint32_t needle, uint32_t depth) const {
  if (depth >= sizeof(uint64_t)) return needles_[needle].at(depth);
  constexpr uint32_t kLast = 8 * (sizeof(uint64_t) - 1);
  return static_cast<uint8_t>(first_bytes_[needle] >> (kLast - 8 * depth));
}

NeedleRange NeedleIndex::Narrow(NeedleRange range, uint32_t depth,
                                uint8_t byte) const {
  if (depth == 0) {
    return {
        std::max(range.begin, first_[byte]),
        std::max(range.begin, std::min(range.end, first_[size_t{byte} + 1]))};
  }
  range = Longer(range, depth);
  if (range.empty()) return range;
  // Most often all of them go on alike.
  const uint8_t first = ByteAt(range.begin, depth);
  const uint8_t last = ByteAt(range.end - 1, depth);
  if (first == last) {
    if (first != byte) range.end = range.begin;
    return range;
  }
  if (byte < first || byte > last) return {range.begin, range.begin};
  const uint32_t begin = FirstFrom(range, depth, byte);
  return {begin, FirstFrom({begin, range.end}, depth, byte + 1u)};
}

// The first of the range whose next byte is at least `byte`.
uint32_t NeedleIndex::FirstFrom(NeedleRange range, uint32_t depth,
                                unsigned byte) const {
  while (!range.empty()) {
    const uint32_t middle = range.begin + (range.end - range.begin) / 2;
    if (ByteAt(middle, depth) < byte) {
      range.begin = middle + 1;
    } else {
      range.end = middle;
    }
  }
  return range.begin;
}

bool NeedleIndex::AnyOfLength(NeedleRange range, uint64_t length,
                              bool apart) const {
  for (uint32_t i = range.begin; i < range.end; ++i) {
    const IndexedNeedle& n = needles_[i];
    if (n.length >= length && (apart || !n.alone)) return true;
  }
  return false;
}

bool NeedleIndex::GoesOn(NeedleRange range, uint32_t depth,
                         const ByteSet& next) const {
  range = Longer(range, depth);
  // From the next byte of the needles to the next one of the set, and back.
  while (!range.empty()) {
    const uint8_t byte = ByteAt(range.begin, depth);
    const unsigned wanted = next.FirstFrom(byte);
    if (wanted == byte) return true;
    if (wanted > 0xff) return false;
    range.begin = FirstFrom(range, depth, wanted);
  }
  return false;
}

}  // namespace maskpipe
