// Sixteen windows at a time. A set of few windows is held in registers, of a
// larger one each word is gathered. What is found is a bitmap first, so that
// the loop over the text neither branches nor calls. The rest of a text is left
// to AVX2.

#include "src/match/kernel.h"

#if defined(__x86_64__)

// GCC warns of what its own intrinsics leave undefined (GCC bug 105593).
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif

#include <immintrin.h>

namespace maskpipe {
namespace {

#define MASKPIPE_AVX512 \
  __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi")))

constexpr size_t kLanes = 16;
constexpr size_t kBitmapWords = 16;  // of 64 places

// What all lookups have in common: the hash, and the bits that must be set.
class Lookup {
 public:
  MASKPIPE_AVX512 explicit Lookup(const WindowSet& set)
      : shift_(_mm_cvtsi32_si128(set.shift())),
        first_(_mm_cvtsi32_si128(set.shift() - 5)),
        second_(_mm_cvtsi32_si128(set.shift() - 10)) {}

  MASKPIPE_AVX512 static __m512i Hash(__m512i windows) {
    return _mm512_mullo_epi32(
        _mm512_or_si512(windows,
                        _mm512_set1_epi32(static_cast<int>(WindowSet::kFold))),
        _mm512_set1_epi32(static_cast<int>(WindowSet::kFactor)));
  }
  MASKPIPE_AVX512 __m512i WordNumber(__m512i hash) const {
    return _mm512_srl_epi32(hash, shift_);
  }
  MASKPIPE_AVX512 __mmask16 Has(__m512i hash, __m512i word) const {
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

class Gathered : public Lookup {
 public:
  MASKPIPE_AVX512 explicit Gathered(const WindowSet& set)
      : Lookup(set), words_(set.words()) {}

  MASKPIPE_AVX512 __mmask16 operator()(__m512i windows) const {
    const __m512i hash = Hash(windows);
    // The word's number is below the table's size, by construction.
    return Has(hash, _mm512_i32gather_epi32(WordNumber(hash), words_, 4));
  }

 private:
  const uint32_t* words_;
};

// Of a set that is as small as sets get.
class Held : public Lookup {
 public:
  MASKPIPE_AVX512 explicit Held(const WindowSet& set)
      : Lookup(set),
        words_{_mm512_loadu_si512(set.words()),
               _mm512_loadu_si512(set.words() + kLanes),
               _mm512_loadu_si512(set.words() + 2 * kLanes),
               _mm512_loadu_si512(set.words() + 3 * kLanes)} {}

  MASKPIPE_AVX512 __mmask16 operator()(__m512i windows) const {
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
  MASKPIPE_AVX512 static __m512i Load(const char* at) {
    const __m512i even = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18,
                                           20, 22, 24, 26, 28, 30);
    return _mm512_permutex2var_epi32(_mm512_loadu_si512(at), even,
                                     _mm512_loadu_si512(at + 64));
  }
};

template <>
struct Windows<4> {
  static constexpr size_t kReach = 64;
  MASKPIPE_AVX512 static __m512i Load(const char* at) {
    return _mm512_loadu_si512(at);
  }
};

template <>
struct Windows<2> {
  static constexpr size_t kReach = 64;
  MASKPIPE_AVX512 static __m512i Load(const char* at) {
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
  MASKPIPE_AVX512 static __m512i Load(const char* at) {
    const __m512i first = _mm512_setr_epi32(
        0x03020100, 0x04030201, 0x05040302, 0x06050403, 0x07060504, 0x08070605,
        0x09080706, 0x0a090807, 0x0b0a0908, 0x0c0b0a09, 0x0d0c0b0a, 0x0e0d0c0b,
        0x0f0e0d0c, 0x100f0e0d, 0x11100f0e, 0x1211100f);
    return _mm512_permutexvar_epi8(
        first, _mm512_castsi256_si512(
                   _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at))));
  }
};

// Bit k of the bitmap is the place at `from + k * stride`.
void Append(const uint64_t* bitmap, size_t words, size_t from, size_t stride,
            Offsets* hits) {
  for (size_t w = 0; w < words; ++w) {
    for (uint64_t bits = bitmap[w]; bits != 0; bits &= bits - 1) {
      const size_t k = w * 64 + static_cast<size_t>(__builtin_ctzll(bits));
      hits->push_back(static_cast<uint32_t>(from + k * stride));
    }
  }
}

template <typename SomeLookup, size_t kStride>
MASKPIPE_AVX512 size_t Find(const WindowSet& set, std::string_view text,
                            size_t from, size_t to, Offsets* hits) {
  constexpr size_t kStep = kLanes * kStride;
  const SomeLookup lookup(set);
  size_t i = from;
  for (;;) {
    // As many whole words of the bitmap as there are.
    const size_t begin = i;
    uint64_t bitmap[kBitmapWords];
    size_t words = 0;
    for (; words < kBitmapWords &&
           i + 3 * kStep + Windows<kStride>::kReach <= text.size() &&
           i + 4 * kStep - kStride < to;
         ++words, i += 4 * kStep) {
      uint64_t word = 0;
      for (size_t quarter = 0; quarter < 4; ++quarter) {
        const uint64_t found =
            lookup(Windows<kStride>::Load(text.data() + i + quarter * kStep));
        word |= found << (quarter * kLanes);
      }
      bitmap[words] = word;
    }
    if (words == 0) return i;
    Append(bitmap, words, begin, kStride, hits);
  }
}

template <size_t kStride>
size_t FindAny(const WindowSet& set, std::string_view text, size_t from,
               size_t to, Offsets* hits) {
  return set.smallest() ? Find<Held, kStride>(set, text, from, to, hits)
                        : Find<Gathered, kStride>(set, text, from, to, hits);
}

void EveryEighth(const WindowSet& set, std::string_view text, size_t from,
                 size_t to, Offsets* hits) {
  from = FindAny<8>(set, text, from, to, hits);
  Avx2Kernel()->every_eighth(set, text, from, to, hits);
}

void EveryFourth(const WindowSet& set, std::string_view text, size_t from,
                 size_t to, Offsets* hits) {
  from = FindAny<4>(set, text, from, to, hits);
  Avx2Kernel()->every_fourth(set, text, from, to, hits);
}

void EverySecond(const WindowSet& set, std::string_view text, size_t from,
                 size_t to, Offsets* hits) {
  from = FindAny<2>(set, text, from, to, hits);
  Avx2Kernel()->every_second(set, text, from, to, hits);
}

void Every(const WindowSet& set, std::string_view text, size_t from, size_t to,
           Offsets* hits) {
  if (set.few().empty()) from = FindAny<1>(set, text, from, to, hits);
  Avx2Kernel()->every(set, text, from, to, hits);
}

// A table of all ASCII bytes in two registers.
MASKPIPE_AVX512 void Bytes(const ByteSet& set, const NibbleSet& nibbles,
                           std::string_view text, size_t from, size_t to,
                           Offsets* hits) {
  alignas(64) uint8_t table[128];
  for (unsigned b = 0; b < 128; ++b) {
    table[b] = set.Has(static_cast<char>(b)) ? 0xff : 0;
  }
  const __m512i first = _mm512_load_si512(table);
  const __m512i second = _mm512_load_si512(table + 64);
  size_t i = from;
  while (i + 64 <= to) {
    const size_t begin = i;
    uint64_t bitmap[kBitmapWords];
    size_t words = 0;
    for (; words < kBitmapWords && i + 64 <= to; ++words, i += 64) {
      const __m512i bytes = _mm512_loadu_si512(text.data() + i);
      const __mmask64 in =
          _mm512_movepi8_mask(_mm512_permutex2var_epi8(first, bytes, second));
      bitmap[words] = in & ~_mm512_movepi8_mask(bytes);
    }
    Append(bitmap, words, begin, 1, hits);
  }
  Avx2Kernel()->bytes(set, nibbles, text, i, to, hits);
}

constexpr Kernel kAvx512 = {"avx512",    WindowSet::kMostHeld, EveryEighth,
                            EveryFourth, EverySecond,          Every,
                            Bytes};

#undef MASKPIPE_AVX512

}  // namespace

const Kernel* Avx512Kernel() {
  const bool runs = Avx2Kernel() != nullptr &&
                    __builtin_cpu_supports("avx512f") &&
                    __builtin_cpu_supports("avx512bw") &&
                    __builtin_cpu_supports("avx512dq") &&
                    __builtin_cpu_supports("avx512vl") &&
                    __builtin_cpu_supports("avx512vbmi");
  return runs ? &kAvx512 : nullptr;
}

}  // namespace maskpipe

#else

namespace maskpipe {
const Kernel* Avx512Kernel() { return nullptr; }
}  // namespace maskpipe

#endif
