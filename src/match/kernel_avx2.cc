// Eight windows are hashed at a time, each word of the set is loaded by itself:
// on processors that have no wider vectors a gather is no faster than that, or
// half as fast (Zen 3, and Intel's since the fix of GDS).

#include "src/match/kernel.h"

#if defined(__x86_64__)

#include <immintrin.h>

#include <algorithm>
#include <span>

#define MASKPIPE_TARGET __attribute__((target("avx2")))

namespace maskpipe {
namespace {

constexpr size_t kLanes = 8;

MASKPIPE_TARGET inline __m128i Load(const void* at) {
  return _mm_loadu_si128(static_cast<const __m128i*>(at));
}

MASKPIPE_TARGET inline __m256i LoadWide(const void* at) {
  return _mm256_loadu_si256(static_cast<const __m256i*>(at));
}

MASKPIPE_TARGET inline __m256i Table(const std::array<uint8_t, 16>& half) {
  return _mm256_broadcastsi128_si256(Load(half.data()));
}

// One bit for each of eight windows that the set may have.
class Lookup {
 public:
  MASKPIPE_TARGET explicit Lookup(const WindowSet& set)
      : words_(set.words()),
        shift_(_mm_cvtsi32_si128(set.shift())),
        first_(_mm_cvtsi32_si128(set.shift() - 5)),
        second_(_mm_cvtsi32_si128(set.shift() - 10)) {}

  MASKPIPE_TARGET unsigned operator()(__m256i windows) const {
    const __m256i h = _mm256_mullo_epi32(
        _mm256_or_si256(windows,
                        _mm256_set1_epi32(static_cast<int>(WindowSet::kFold))),
        _mm256_set1_epi32(static_cast<int>(WindowSet::kFactor)));
    // The word's number is below the table's size, by construction.
    const __m256i number = _mm256_srl_epi32(h, shift_);
    const __m256i word =
        _mm256_set_m128i(Words(_mm256_extracti128_si256(number, 1)),
                         Words(_mm256_castsi256_si128(number)));
    // Each of the two bits goes to where the mask takes it from.
    return static_cast<unsigned>(_mm256_movemask_ps(_mm256_castsi256_ps(
        _mm256_and_si256(_mm256_sllv_epi32(word, FromTop(h, first_)),
                         _mm256_sllv_epi32(word, FromTop(h, second_))))));
  }

 private:
  MASKPIPE_TARGET static __m256i FromTop(__m256i hash, __m128i shift) {
    return _mm256_andnot_si256(_mm256_srl_epi32(hash, shift),
                               _mm256_set1_epi32(31));
  }
  MASKPIPE_TARGET __m128i Words(__m128i numbers) const {
    const auto low = static_cast<uint64_t>(_mm_cvtsi128_si64(numbers));
    const auto high = static_cast<uint64_t>(_mm_extract_epi64(numbers, 1));
    __m128i words = _mm_cvtsi32_si128(Word(low & 0xffffffff));
    words = _mm_insert_epi32(words, Word(low >> 32), 1);
    words = _mm_insert_epi32(words, Word(high & 0xffffffff), 2);
    return _mm_insert_epi32(words, Word(high >> 32), 3);
  }
  int Word(uint64_t number) const { return static_cast<int>(words_[number]); }

  const uint32_t* words_;
  __m128i shift_, first_, second_;
};

// Eight windows, `kStride` bytes apart; reads kReach bytes.
template <size_t kStride>
struct Windows;

template <>
struct Windows<8> {
  static constexpr size_t kReach = 64;
  MASKPIPE_TARGET static __m256i At(const char* at) {
    // The lower half of each quarter: places 0 1 4 5, 2 3 6 7.
    const __m256i mixed = _mm256_castps_si256(
        _mm256_shuffle_ps(_mm256_castsi256_ps(LoadWide(at)),
                          _mm256_castsi256_ps(LoadWide(at + 32)), 0x88));
    return _mm256_permute4x64_epi64(mixed, 0xd8);
  }
};

template <>
struct Windows<4> {
  static constexpr size_t kReach = 32;
  MASKPIPE_TARGET static __m256i At(const char* at) { return LoadWide(at); }
};

// Four windows of the bytes at `low` and four of those at `high`, in the order
// that `spread` says.
MASKPIPE_TARGET inline __m256i Spread(const char* low, const char* high,
                                      __m128i spread) {
  return _mm256_shuffle_epi8(_mm256_set_m128i(Load(high), Load(low)),
                             _mm256_broadcastsi128_si256(spread));
}

template <>
struct Windows<2> {
  static constexpr size_t kReach = 24;
  MASKPIPE_TARGET static __m256i At(const char* at) {
    return Spread(
        at, at + 8,
        _mm_setr_epi8(0, 1, 2, 3, 2, 3, 4, 5, 4, 5, 6, 7, 6, 7, 8, 9));
  }
};

template <>
struct Windows<1> {
  static constexpr size_t kReach = 20;
  MASKPIPE_TARGET static __m256i At(const char* at) {
    return Spread(
        at, at + 4,
        _mm_setr_epi8(0, 1, 2, 3, 1, 2, 3, 4, 2, 3, 4, 5, 3, 4, 5, 6));
  }
};

// Up to `kCount` windows, compared at 32 places at a time.
template <size_t kCount>
class Few {
 public:
  static constexpr size_t kPlaces = 32;

  MASKPIPE_TARGET explicit Few(const WindowSet& set) {
    const std::span<const uint32_t> few = set.few();
    for (size_t n = 0; n < kCount; ++n) {
      // Once more the last one where there are fewer.
      const uint32_t window = few[std::min(n, few.size() - 1)];
      first_pair_[n] = _mm256_set1_epi16(static_cast<int16_t>(window));
      middle_pair_[n] = _mm256_set1_epi16(static_cast<int16_t>(window >> 8));
      for (size_t i = 0; i < WindowSet::kWindow; ++i) {
        bytes_[n][i] =
            _mm256_set1_epi8(static_cast<char>(window >> (8 * i) & 0xff));
      }
    }
  }
  MASKPIPE_TARGET unsigned operator()(const char* at) const {
    __m256i any = _mm256_setzero_si256();
    __m256i bytes[WindowSet::kWindow];
    for (size_t i = 0; i < WindowSet::kWindow; ++i) bytes[i] = Folded(at + i);
    for (size_t n = 0; n < kCount; ++n) {
      __m256i same = _mm256_cmpeq_epi8(bytes[0], bytes_[n][0]);
      for (size_t i = 1; i < WindowSet::kWindow; ++i) {
        same =
            _mm256_and_si256(same, _mm256_cmpeq_epi8(bytes[i], bytes_[n][i]));
      }
      any = _mm256_or_si256(any, same);
    }
    return static_cast<unsigned>(_mm256_movemask_epi8(any));
  }
  // Of 64 places. In most texts two bytes rule all of them out: of the bytes
  // from the second on, paired as they are, an odd place has the window's first
  // pair, an even one its middle.
  MASKPIPE_TARGET uint64_t Word(const char* at) const {
    const __m256i low = Folded(at + 1), high = Folded(at + 33);
    __m256i any = _mm256_setzero_si256();
    for (size_t n = 0; n < kCount; ++n) {
      for (const __m256i& pair : {first_pair_[n], middle_pair_[n]}) {
        any = _mm256_or_si256(any,
                              _mm256_or_si256(_mm256_cmpeq_epi16(low, pair),
                                              _mm256_cmpeq_epi16(high, pair)));
      }
    }
    if (_mm256_testz_si256(any, any) != 0) return 0;
    return (*this)(at) | uint64_t{(*this)(at + 32)} << 32;
  }

 private:
  MASKPIPE_TARGET static __m256i Folded(const char* at) {
    return _mm256_or_si256(LoadWide(at),
                           _mm256_set1_epi8(WindowSet::kFold & 0xff));
  }

  __m256i bytes_[kCount][WindowSet::kWindow];
  __m256i first_pair_[kCount], middle_pair_[kCount];
};

// Which of 32 bytes are in the set.
class Members {
 public:
  static constexpr size_t kPlaces = 32;

  MASKPIPE_TARGET Members(const ByteSet&, const NibbleSet& set)
      : low_(Table(set.low)), high_(Table(set.high)) {}

  MASKPIPE_TARGET unsigned operator()(const char* at) const {
    const __m256i bytes = LoadWide(at);
    // A byte from 0x80 on finds no bit in either table.
    const __m256i by_low = _mm256_shuffle_epi8(low_, bytes);
    const __m256i by_high = _mm256_shuffle_epi8(
        high_,
        _mm256_and_si256(_mm256_srli_epi16(bytes, 4), _mm256_set1_epi8(0x0f)));
    return ~static_cast<unsigned>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(
        _mm256_and_si256(by_low, by_high), _mm256_setzero_si256())));
  }

 private:
  __m256i low_, high_;
};

using Held = Lookup;

const Kernel& Rest() { return PortableKernel(); }

#include "src/match/kernel_loops.inc"

constexpr Kernel kAvx2 = {"avx2",      0,     EveryEighth, EveryFourth,
                          EverySecond, Every, Bytes};

}  // namespace

const Kernel* Avx2Kernel() {
  return __builtin_cpu_supports("avx2") ? &kAvx2 : nullptr;
}

}  // namespace maskpipe

#else

namespace maskpipe {
const Kernel* Avx2Kernel() { return nullptr; }
}  // namespace maskpipe

#endif
