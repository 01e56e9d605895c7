#include "src/detect/atoms.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <utility>

#include "src/match/byte_set.h"
#include "src/match/kernel.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace maskpipe {
namespace {

char Lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}
char Upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c & ~0x20) : c;
}

constexpr size_t kBitmapWords = 16;  // of 64 places
constexpr size_t kLeastSlots = 4096;

// How often a byte stands in logs, as a share; by its rank in 44,000 lines of
// system, web and task logs.
double ShareByRank(uint8_t byte) {
  constexpr std::string_view kByRank =
      " e01a2otrn:is.-dc\"5634l897m/pubf,_vhgNkTy[]R=SIxCFEOwAM()D\\P'LWBHqG{}"
      "U%+jKJ;Zz*@?$&QVX~Y>|#<!";
  const size_t rank = kByRank.find(static_cast<char>(byte));
  return 0.085 * std::exp(-static_cast<double>(
                              rank == kByRank.npos ? kByRank.size() : rank) /
                          17.0);
}

// exp(3) for each of many thousand look-ups would be felt at the start.
double Share(uint8_t byte) {
  static const std::array<double, 256> shares = [] {
    std::array<double, 256> s{};
    for (unsigned b = 0; b < s.size(); ++b) {
      s[b] = ShareByRank(static_cast<uint8_t>(b));
    }
    return s;
  }();
  return shares[byte];
}

// The bytes that stand for `c` in an atom, 1 or 2.
std::string Cases(const Atom& atom, char c) {
  std::string cases(1, c);
  if (atom.any_case && Upper(c) != c) cases += Upper(c);
  return cases;
}

// The bytes that a bucket accepts, one after the other.
struct Bucket {
  std::array<ByteSet, AtomFinder::kWindow> bytes;

  void Add(const Atom& atom, size_t offset) {
    for (size_t k = 0; k < AtomFinder::kWindow; ++k) {
      for (char c : Cases(atom, atom.text[offset + k])) {
        bytes[k].Add(static_cast<uint8_t>(c));
      }
    }
  }

  // The share of positions that it lets through.
  double Cost() const {
    double cost = 1;
    for (const ByteSet& set : bytes) cost *= ShareOf(set);
    return cost;
  }
  // The same where bytes are looked up by their halves: all that a low half of
  // one and a high half of one make are let through.
  double CostByHalves() const {
    double cost = 1;
    for (const ByteSet& set : bytes) {
      unsigned lows = 0, highs = 0;
      set.ForEach([&](uint8_t byte) {
        lows |= 1u << (byte & 15);
        highs |= 1u << (byte >> 4);
      });
      ByteSet all;
      for (unsigned h = highs; h != 0; h &= h - 1) {
        for (unsigned l = lows; l != 0; l &= l - 1) {
          all.Add(static_cast<uint8_t>(std::countr_zero(h) << 4 |
                                       std::countr_zero(l)));
        }
      }
      cost *= ShareOf(all);
    }
    return cost;
  }

 private:
  static double ShareOf(const ByteSet& set) {
    double share = 0;
    set.ForEach([&](uint8_t byte) { share += Share(byte); });
    return share;
  }
};

// So many buckets, with each atom where it makes the least more pass; then each
// goes once more, since those that came first knew nothing of the others.
std::vector<Bucket> Fill(const std::vector<Atom>& atoms,
                         const std::vector<uint32_t>& offsets, size_t count,
                         double (Bucket::*cost_of)() const) {
  std::vector<Bucket> buckets(count);
  std::vector<double> costs(count);
  std::vector<size_t> bucket_of(atoms.size(), count);
  const auto place = [&](size_t i) {
    size_t best = 0;
    double least = 0, cost_there = 0;
    for (size_t b = 0; b < count; ++b) {
      Bucket with = buckets[b];
      with.Add(atoms[i], offsets[i]);
      const double cost = (with.*cost_of)();
      if (b == 0 || cost - costs[b] < least) {
        best = b;
        least = cost - costs[b];
        cost_there = cost;
      }
    }
    buckets[best].Add(atoms[i], offsets[i]);
    costs[best] = cost_there;
    bucket_of[i] = best;
  };
  const auto take_out = [&](size_t i) {
    const size_t b = std::exchange(bucket_of[i], count);
    buckets[b] = Bucket();
    for (size_t other = 0; other < atoms.size(); ++other) {
      if (bucket_of[other] == b) buckets[b].Add(atoms[other], offsets[other]);
    }
    costs[b] = (buckets[b].*cost_of)();
  };
  for (size_t i = 0; i < atoms.size(); ++i) place(i);
  for (size_t i = 0; i < atoms.size(); ++i) {
    take_out(i);
    place(i);
  }
  return buckets;
}

void AddBit(size_t bit, uint8_t* bits) {
  *bits = static_cast<uint8_t>(*bits | 1u << bit);
}

}  // namespace

std::vector<AtomFinder::Loop> AtomFinder::Loops() {
  std::vector<Loop> loops;
#if defined(__x86_64__)
  const Kernel* kernel = ChosenKernel();
  const bool portable = kernel == nullptr || kernel == &PortableKernel();
  const bool forced = std::getenv("MASKPIPE_KERNEL") != nullptr;
  if (!forced && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512vbmi")) {
    loops.push_back(Loop::kAvx512);
  }
  if (!portable && __builtin_cpu_supports("avx2")) loops.push_back(Loop::kAvx2);
#endif
  loops.push_back(Loop::kPortable);
  return loops;
}

AtomFinder::AtomFinder(std::vector<Atom> atoms, Loop loop)
    : atoms_(std::move(atoms)),
      loop_(loop),
      slots_(std::bit_ceil(std::max(kLeastSlots, 2 * atoms_.size()))) {
  for (uint32_t i = 0; i < atoms_.size(); ++i) {
    const Atom& atom = atoms_[i];
    longest_ = std::max(longest_, atom.text.size());
    offsets_.push_back(static_cast<uint32_t>(WindowOf(atom)));
    const uint32_t window = LoadWindow(atom.text.data() + offsets_[i]);
    WindowSlot& slot = slots_[SlotOf(window)];
    next_.push_back(slot.atom);
    slot = {window, i + 1};
  }
  if (loop_ == Loop::kAvx2) FillHalves();
  if (loop_ == Loop::kAvx512) FillBytes();
}

// The rarest window of the atom.
size_t AtomFinder::WindowOf(const Atom& atom) const {
  size_t best = 0;
  double least = 2;
  for (size_t at = 0; at + kWindow <= atom.text.size(); ++at) {
    Bucket alone;
    alone.Add(atom, at);
    const double cost = alone.Cost();
    if (cost < least) {
      least = cost;
      best = at;
    }
  }
  return best;
}

void AtomFinder::FillHalves() {
  const std::vector<Bucket> buckets =
      Fill(atoms_, offsets_, kSets * kBuckets, &Bucket::CostByHalves);
  for (size_t b = 0; b < buckets.size(); ++b) {
    for (size_t k = 0; k < kWindow; ++k) {
      Halves& halves = halves_[b / kBuckets][k];
      buckets[b].bytes[k].ForEach([&](uint8_t byte) {
        AddBit(b % kBuckets, &halves.low[byte & 15]);
        AddBit(b % kBuckets, &halves.high[byte >> 4]);
      });
    }
  }
}

void AtomFinder::FillBytes() {
  const std::vector<Bucket> buckets =
      Fill(atoms_, offsets_, kBuckets, &Bucket::Cost);
  for (size_t b = 0; b < buckets.size(); ++b) {
    for (size_t k = 0; k < kWindow; ++k) {
      buckets[b].bytes[k].ForEach(
          [&](uint8_t byte) { AddBit(b, &bytes_[k][byte & 127]); });
    }
  }
}

// Letters count the same in either case.
inline uint32_t AtomFinder::LoadWindow(const char* at) {
  // Not by memcpy(3): a load of bytes that were just stored apart waits.
  const auto byte = [at](size_t k) {
    return static_cast<uint32_t>(static_cast<uint8_t>(at[k]));
  };
  return (byte(0) | byte(1) << 8 | byte(2) << 16) | 0x202020u;
}

inline size_t AtomFinder::SlotOf(uint32_t window) const {
  const size_t last = slots_.size() - 1;
  size_t i = (window * uint64_t{0x9e3779b1} >> 12) & last;
  while (slots_[i].atom != 0 && slots_[i].window != window) i = (i + 1) & last;
  return i;
}

// The atoms whose window stands at `at`.
inline void AtomFinder::Check(std::string_view text, size_t from, size_t at,
                              std::vector<AtomHit>* hits) const {
  const uint32_t first = slots_[SlotOf(LoadWindow(text.data() + at))].atom;
  if (first != 0) CheckAtoms(first, text, from, at, hits);
}

void AtomFinder::CheckAtoms(uint32_t first, std::string_view text, size_t from,
                            size_t at, std::vector<AtomHit>* hits) const {
  for (uint32_t i = first; i != 0; i = next_[i - 1]) {
    const Atom& atom = atoms_[i - 1];
    const size_t offset = offsets_[i - 1];
    if (at < from + offset || at - offset + atom.text.size() > text.size()) {
      continue;
    }
    // Slots know no case, and most atoms do.
    if (!atom.any_case && text[at] != atom.text[offset]) continue;
    const std::string_view there = text.substr(at - offset, atom.text.size());
    const bool same =
        atom.any_case
            ? std::equal(there.begin(), there.end(), atom.text.begin(),
                         [](char a, char b) { return Lower(a) == b; })
            : there == atom.text;
    if (same) hits->push_back({at - offset, i - 1});
  }
}

// At the places `at` and so many behind it as bits of `candidates` say. These
// become a list first, eight at a time whether there are so many or not:
// whether a word has any, and how many, cannot be foretold; that most are no
// atoms can.
void AtomFinder::CheckAll(std::string_view text, size_t from, size_t at,
                          std::span<const uint64_t> candidates,
                          std::vector<AtomHit>* hits) const {
  constexpr size_t kAtOnce = 8;
  std::array<uint8_t, kBitmapWords> some;
  size_t words = 0;
  for (size_t w = 0; w < candidates.size(); ++w) {
    some[words] = static_cast<uint8_t>(w);
    words += candidates[w] != 0;
  }
  std::array<uint32_t, kBitmapWords * 64 + kAtOnce> places;
  size_t count = 0;
  for (size_t n = 0; n < words; ++n) {
    const uint32_t first = some[n] * 64u;
    uint64_t bits = candidates[some[n]];
    const size_t end = count + static_cast<size_t>(std::popcount(bits));
    do {
      for (size_t i = 0; i < kAtOnce; ++i) {
        places[count + i] =
            first + static_cast<uint32_t>(std::countr_zero(bits)) % 64;
        bits &= bits - 1;
      }
      count += kAtOnce;
    } while (count < end);
    count = end;
  }
  for (size_t i = 0; i < count; ++i) Check(text, from, at + places[i], hits);
}

void AtomFinder::FindPortable(std::string_view text, size_t from, size_t at,
                              std::vector<AtomHit>* hits) const {
  for (; at + kWindow <= text.size(); ++at) Check(text, from, at, hits);
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) static inline __m256i Load(
    const std::array<uint8_t, 16>& half) {
  return _mm256_broadcastsi128_si256(
      _mm_loadu_si128(reinterpret_cast<const __m128i*>(half.data())));
}

// Each byte of a block is looked up by its halves; where one bucket accepts
// three bytes in a row, an atom's window may begin. Loads end at most
// kWindow - 1 bytes behind the block, and the loop stops before the text does.
__attribute__((target("avx2"))) size_t AtomFinder::FindAvx2(
    std::string_view text, size_t from, std::vector<AtomHit>* hits) const {
  __m256i low[kSets][kWindow], high[kSets][kWindow];
  for (size_t s = 0; s < kSets; ++s) {
    for (size_t k = 0; k < kWindow; ++k) {
      low[s][k] = Load(halves_[s][k].low);
      high[s][k] = Load(halves_[s][k].high);
    }
  }
  const __m256i half = _mm256_set1_epi8(15), none = _mm256_setzero_si256();
  const auto candidates = [&](const char* block)
      __attribute__((target("avx2"))) {
    __m256i all[kSets];
    for (size_t k = 0; k < kWindow; ++k) {
      const __m256i bytes =
          _mm256_loadu_si256(reinterpret_cast<const __m256i*>(block + k));
      const __m256i by_low = _mm256_and_si256(bytes, half);
      const __m256i by_high =
          _mm256_and_si256(_mm256_srli_epi16(bytes, 4), half);
      for (size_t s = 0; s < kSets; ++s) {
        const __m256i both =
            _mm256_and_si256(_mm256_shuffle_epi8(low[s][k], by_low),
                             _mm256_shuffle_epi8(high[s][k], by_high));
        all[s] = k == 0 ? both : _mm256_and_si256(all[s], both);
      }
    }
    const __m256i some = _mm256_or_si256(all[0], all[1]);
    return ~static_cast<uint32_t>(
        _mm256_movemask_epi8(_mm256_cmpeq_epi8(some, none)));
  };
  size_t at = from;
  for (;;) {
    std::array<uint64_t, kBitmapWords> bitmap;
    const size_t begin = at;
    size_t words = 0;
    for (; words < bitmap.size() && at + 64 + kWindow - 1 <= text.size();
         ++words, at += 64) {
      bitmap[words] = candidates(text.data() + at) |
                      uint64_t{candidates(text.data() + at + 32)} << 32;
    }
    if (words == 0) return at;
    CheckAll(text, from, begin, {bitmap.data(), words}, hits);
  }
}

#define MASKPIPE_AVX512 __attribute__((target("avx512bw,avx512vbmi")))

MASKPIPE_AVX512 static inline __m512i LoadHalf(
    const std::array<uint8_t, 128>& table, size_t from) {
  return _mm512_loadu_si512(table.data() + from);
}

// The same, 64 bytes at a time, each looked up as a whole.
MASKPIPE_AVX512 size_t AtomFinder::FindAvx512(
    std::string_view text, size_t from, std::vector<AtomHit>* hits) const {
  __m512i low[kWindow], high[kWindow];
  for (size_t k = 0; k < kWindow; ++k) {
    low[k] = LoadHalf(bytes_[k], 0);
    high[k] = LoadHalf(bytes_[k], 64);
  }
  size_t at = from;
  for (;;) {
    std::array<uint64_t, kBitmapWords> bitmap;
    const size_t begin = at;
    size_t words = 0;
    for (; words < bitmap.size() && at + 64 + kWindow - 1 <= text.size();
         ++words, at += 64) {
      __m512i all = _mm512_set1_epi8(-1);
      for (size_t k = 0; k < kWindow; ++k) {
        const __m512i bytes = _mm512_loadu_si512(text.data() + at + k);
        all = _mm512_and_si512(
            all, _mm512_permutex2var_epi8(low[k], bytes, high[k]));
      }
      bitmap[words] = _mm512_test_epi8_mask(all, all);
    }
    if (words == 0) return at;
    CheckAll(text, from, begin, {bitmap.data(), words}, hits);
  }
}
#undef MASKPIPE_AVX512
#endif

void AtomFinder::Find(std::string_view text, size_t from,
                      std::vector<AtomHit>* hits) const {
  if (atoms_.empty()) return;
  const size_t before = hits->size();
  size_t at = from;
#if defined(__x86_64__)
  if (loop_ == Loop::kAvx512) at = FindAvx512(text, from, hits);
  if (loop_ == Loop::kAvx2) at = FindAvx2(text, from, hits);
#endif
  FindPortable(text, from, at, hits);
  // Windows lie at different places in their atoms.
  std::sort(hits->begin() + static_cast<std::ptrdiff_t>(before), hits->end(),
            [](const AtomHit& a, const AtomHit& b) {
              return a.begin != b.begin ? a.begin < b.begin : a.atom < b.atom;
            });
}

}  // namespace maskpipe
