// Sixteen windows at a time. A set of few windows is held in registers, of a
// larger one each word is gathered. The rest of a text is left to AVX2.

#include "src/match/kernel.h"

#if defined(__x86_64__)

// GCC warns of what its own intrinsics leave undefined (GCC bug 105593).
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif

#include <immintrin.h>

#include <algorithm>
#include <span>

namespace maskpipe {
namespace {

#define MASKPIPE_TARGET \
  __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi")))

constexpr size_t kLanes = 16;

// What lookups have in common: the hash, and the bits that must be set.
class Hashed {
 public:
  MASKPIPE_TARGET explicit Hashed(const WindowSet& set)
      : shift_(_mm_cvtsi32_si128(set.shift())),
        first_(_mm_cvtsi32_si128(set.shift() - 5)),
        second_(_mm_cvtsi32_si128(set.shift() - 10)) {}

  MASKPIPE_TARGET static __m512i Hash(__m512i windows) {
    return _mm512_mullo_epi32(
        _mm512_or_si512(windows,
                        _mm512_set1_epi32(static_cast<int>(WindowSet::kFold))),
        _mm512_set1_epi32(static_cast<int>(WindowSet::kFactor)));
  }
  MASKPIPE_TARGET __m512i WordNumber(__m512i hash) const {
    return _mm512_srl_epi32(hash, shift_);
  }
  MASKPIPE_TARGET __mmask16 Has(__m512i hash, __m512i word) const {
    const __m512i one = _mm512_set1_epi32(1);
    const __m512i low = _mm512_set1_epi32(31);
    const __m512i a = _mm512_sllv_epi32(
        one, _mm512_and_si512(_mm512_srl_epi32(hash, first_), low));
    const __m512i b = _mm512_sllv_epi32(
        one, _mm512_and_si512(_mm512_srl_epi32(hash, second_), low));
    const __m512i bits = _mm512_or_si512(a, b);
    return _mm512_cmpeq_epi32_mask(_mm512_and_si512(word, bits), bits);
  }

 private:
  __m128i shift_, first_, second_;
};

class Lookup : public Hashed {
 public:
  MASKPIPE_TARGET explicit Lookup(const WindowSet& set)
      : Hashed(set), words_(set.words()) {}

  MASKPIPE_TARGET __mmask16 operator()(__m512i windows) const {
    const __m512i hash = Hash(windows);
    // The word's number is below the table's size, by construction.
    return Has(hash, _mm512_i32gather_epi32(WordNumber(hash), words_, 4));
  }

 private:
  const uint32_t* words_;
};

// Of a set that is as small as sets get.
class Held : public Hashed {
 public:
  MASKPIPE_TARGET explicit Held(const WindowSet& set)
      : Hashed(set),
        words_{_mm512_loadu_si512(set.words()),
               _mm512_loadu_si512(set.words() + kLanes),
               _mm512_loadu_si512(set.words() + 2 * kLanes),
               _mm512_loadu_si512(set.words() + 3 * kLanes)} {}

  MASKPIPE_TARGET __mmask16 operator()(__m512i windows) const {
    const __m512i hash = Hash(windows), number = WordNumber(hash);
    const __m512i low = _mm512_permutex2var_epi32(words_[0], number, words_[1]);
    const __m512i high =
        _mm512_permutex2var_epi32(words_[2], number, words_[3]);
    const __mmask16 upper =
        _mm512_test_epi32_mask(number, _mm512_set1_epi32(32));
    return Has(hash, _mm512_mask_mov_epi32(low, upper, high));
  }

 private:
  __m512i words_[4];
};

// Sixteen windows, `kStride` bytes apart; reads kReach bytes.
template <size_t kStride>
struct Windows;

template <>
struct Windows<8> {
  static constexpr size_t kReach = 128;
  MASKPIPE_TARGET static __m512i At(const char* at) {
    const __m512i even = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18,
                                           20, 22, 24, 26, 28, 30);
    return _mm512_permutex2var_epi32(_mm512_loadu_si512(at), even,
                                     _mm512_loadu_si512(at + 64));
  }
};

template <>
struct Windows<4> {
  static constexpr size_t kReach = 64;
  MASKPIPE_TARGET static __m512i At(const char* at) {
    return _mm512_loadu_si512(at);
  }
};

template <>
struct Windows<2> {
  static constexpr size_t kReach = 64;
  MASKPIPE_TARGET static __m512i At(const char* at) {
    // Each half of a word once as an upper and once as a lower half.
    const __m512i halves =
        _mm512_set_epi16(16, 15, 15, 14, 14, 13, 13, 12, 12, 11, 11, 10, 10, 9,
                         9, 8, 8, 7, 7, 6, 6, 5, 5, 4, 4, 3, 3, 2, 2, 1, 1, 0);
    return _mm512_permutexvar_epi16(halves, _mm512_loadu_si512(at));
  }
};

template <>
struct Windows<1> {
  static constexpr size_t kReach = 32;
  MASKPIPE_TARGET static __m512i At(const char* at) {
    const __m512i first = _mm512_setr_epi32(
        0x03020100, 0x04030201, 0x05040302, 0x06050403, 0x07060504, 0x08070605,
        0x09080706, 0x0a090807, 0x0b0a0908, 0x0c0b0a09, 0x0d0c0b0a, 0x0e0d0c0b,
        0x0f0e0d0c, 0x100f0e0d, 0x11100f0e, 0x1211100f);
    return _mm512_permutexvar_epi8(
        first, _mm512_castsi256_si512(
                   _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at))));
  }
};

// Up to `kCount` windows, compared at 64 places at a time.
template <size_t kCount>
class Few {
 public:
  static constexpr size_t kPlaces = 64;

  MASKPIPE_TARGET explicit Few(const WindowSet& set) {
    const std::span<const uint32_t> few = set.few();
    for (size_t n = 0; n < kCount; ++n) {
      // Once more the last one where there are fewer.
      const uint32_t window = few[std::min(n, few.size() - 1)];
      first_pair_[n] = _mm512_set1_epi16(static_cast<int16_t>(window));
      middle_pair_[n] = _mm512_set1_epi16(static_cast<int16_t>(window >> 8));
      for (size_t i = 0; i < WindowSet::kWindow; ++i) {
        bytes_[n][i] =
            _mm512_set1_epi8(static_cast<char>(window >> (8 * i) & 0xff));
      }
    }
  }
  MASKPIPE_TARGET uint64_t operator()(const char* at) const {
    __m512i bytes[WindowSet::kWindow];
    for (size_t i = 0; i < WindowSet::kWindow; ++i) bytes[i] = Folded(at + i);
    __mmask64 any = 0;
    for (size_t n = 0; n < kCount; ++n) {
      __mmask64 same = _mm512_cmpeq_epi8_mask(bytes[0], bytes_[n][0]);
      for (size_t i = 1; i < WindowSet::kWindow; ++i) {
        same = _mm512_mask_cmpeq_epi8_mask(same, bytes[i], bytes_[n][i]);
      }
      any |= same;
    }
    return any;
  }
  // In most texts two bytes rule all places out: of the bytes from the second
  // on, paired as they are, an odd place has the window's first pair, an even
  // one its middle.
  MASKPIPE_TARGET uint64_t Word(const char* at) const {
    const __m512i pairs = Folded(at + 1);
    __mmask32 any = 0;
    for (size_t n = 0; n < kCount; ++n) {
      any |= _mm512_cmpeq_epi16_mask(pairs, first_pair_[n]) |
             _mm512_cmpeq_epi16_mask(pairs, middle_pair_[n]);
    }
    if (any == 0) return 0;
    return (*this)(at);
  }

 private:
  MASKPIPE_TARGET static __m512i Folded(const char* at) {
    return _mm512_or_si512(_mm512_loadu_si512(at),
                           _mm512_set1_epi8(WindowSet::kFold & 0xff));
  }

  __m512i bytes_[kCount][WindowSet::kWindow];
  __m512i first_pair_[kCount], middle_pair_[kCount];
};

// A table of all ASCII bytes in two registers.
class Members {
 public:
  static constexpr size_t kPlaces = 64;

  MASKPIPE_TARGET Members(const ByteSet& set, const NibbleSet&) {
    alignas(64) uint8_t table[128];
    for (unsigned b = 0; b < 128; ++b) {
      table[b] = set.Has(static_cast<char>(b)) ? 0xff : 0;
    }
    first_ = _mm512_load_si512(table);
    second_ = _mm512_load_si512(table + 64);
  }
  MASKPIPE_TARGET uint64_t operator()(const char* at) const {
    const __m512i bytes = _mm512_loadu_si512(at);
    const __mmask64 in =
        _mm512_movepi8_mask(_mm512_permutex2var_epi8(first_, bytes, second_));
    return in & ~_mm512_movepi8_mask(bytes);
  }

 private:
  __m512i first_, second_;
};

const Kernel& Rest() { return *Avx2Kernel(); }

#include "src/match/kernel_loops.inc"

constexpr Kernel KernelThatHolds(size_t held) {
  return {"avx512", held, EveryEighth, EveryFourth, EverySecond, Every, Bytes};
}
constexpr Kernel kAvx512 = KernelThatHolds(WindowSet::kMostHeld);
// Intel's gathers are so fast that one loop for all heads beats two of which
// one needs none: by a sixth with 100 needles.
constexpr Kernel kOfIntel = KernelThatHolds(0);

}  // namespace

const Kernel* Avx512Kernel() {
  const bool runs = Avx2Kernel() != nullptr &&
                    __builtin_cpu_supports("avx512f") &&
                    __builtin_cpu_supports("avx512bw") &&
                    __builtin_cpu_supports("avx512dq") &&
                    __builtin_cpu_supports("avx512vl") &&
                    __builtin_cpu_supports("avx512vbmi");
  if (!runs) return nullptr;
  return __builtin_cpu_is("intel") ? &kOfIntel : &kAvx512;
}

}  // namespace maskpipe

#else

namespace maskpipe {
const Kernel* Avx512Kernel() { return nullptr; }
}  // namespace maskpipe

#endif
