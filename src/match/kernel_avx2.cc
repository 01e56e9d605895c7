// Eight windows are hashed at a time, each word of the set is loaded by itself:
// on processors that have no wider vectors a gather is no faster than that, or
// half as fast (Zen 3, and Intel's since the fix of GDS). What is found is a
// bitmap first, so that the loop over the text neither branches nor calls. A
// set of one or two windows is compared as it is.

#include "src/match/kernel.h"

#if defined(__x86_64__)

#include <immintrin.h>

namespace maskpipe {
namespace {

#define MASKPIPE_AVX2 __attribute__((target("avx2")))

constexpr size_t kLanes = 8;
constexpr size_t kBitmapWords = 16;  // of 64 places

MASKPIPE_AVX2 inline __m128i Load(const void* at) {
  return _mm_loadu_si128(static_cast<const __m128i*>(at));
}

MASKPIPE_AVX2 inline __m256i LoadWide(const void* at) {
  return _mm256_loadu_si256(static_cast<const __m256i*>(at));
}

MASKPIPE_AVX2 inline __m256i Table(const std::array<uint8_t, 16>& half) {
  return _mm256_broadcastsi128_si256(Load(half.data()));
}

// One bit for each of eight windows that the set may have.
class Lookup {
 public:
  MASKPIPE_AVX2 explicit Lookup(const WindowSet& set)
      : words_(set.words()),
        shift_(_mm_cvtsi32_si128(set.shift())),
        first_(_mm_cvtsi32_si128(set.shift() - 5)),
        second_(_mm_cvtsi32_si128(set.shift() - 10)) {}

  MASKPIPE_AVX2 unsigned operator()(__m256i windows) const {
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
  MASKPIPE_AVX2 static __m256i FromTop(__m256i hash, __m128i shift) {
    return _mm256_andnot_si256(_mm256_srl_epi32(hash, shift),
                               _mm256_set1_epi32(31));
  }
  MASKPIPE_AVX2 __m128i Words(__m128i numbers) const {
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
  MASKPIPE_AVX2 static __m256i At(const char* at) {
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
  MASKPIPE_AVX2 static __m256i At(const char* at) { return LoadWide(at); }
};

template <>
struct Windows<2> {
  static constexpr size_t kReach = 24;
  MASKPIPE_AVX2 static __m256i At(const char* at) {
    const __m256i spread =
        _mm256_setr_epi8(0, 1, 2, 3, 2, 3, 4, 5, 4, 5, 6, 7, 6, 7, 8, 9, 0, 1,
                         2, 3, 2, 3, 4, 5, 4, 5, 6, 7, 6, 7, 8, 9);
    return _mm256_shuffle_epi8(_mm256_set_m128i(Load(at + 8), Load(at)),
                               spread);
  }
};

template <>
struct Windows<1> {
  static constexpr size_t kReach = 20;
  MASKPIPE_AVX2 static __m256i At(const char* at) {
    const __m256i spread =
        _mm256_setr_epi8(0, 1, 2, 3, 1, 2, 3, 4, 2, 3, 4, 5, 3, 4, 5, 6, 0, 1,
                         2, 3, 1, 2, 3, 4, 2, 3, 4, 5, 3, 4, 5, 6);
    return _mm256_shuffle_epi8(_mm256_set_m128i(Load(at + 4), Load(at)),
                               spread);
  }
};

// Bit k of the bitmap is the place at `from + k * stride`.
inline void Append(uint64_t bits, size_t from, size_t stride, Offsets* hits) {
  for (; bits != 0; bits &= bits - 1) {
    const auto k = static_cast<size_t>(__builtin_ctzll(bits));
    hits->push_back(static_cast<uint32_t>(from + k * stride));
  }
}
void Append(const uint64_t* bitmap, size_t words, size_t from, size_t stride,
            Offsets* hits) {
  for (size_t w = 0; w < words; ++w) {
    Append(bitmap[w], from + w * 64 * stride, stride, hits);
  }
}

// As many whole steps as there are; returns where it stopped.
template <size_t kStride>
MASKPIPE_AVX2 size_t Find(const WindowSet& set, std::string_view text,
                          size_t from, size_t to, Offsets* hits) {
  constexpr size_t kStep = kLanes * kStride;
  constexpr size_t kWord = 64 * kStride;
  const Lookup lookup(set);
  size_t i = from;
  for (;;) {
    const size_t begin = i;
    uint64_t bitmap[kBitmapWords];
    size_t words = 0;
    for (; words < kBitmapWords &&
           i + kWord - kStep + Windows<kStride>::kReach <= text.size() &&
           i + kWord - kStride < to;
         ++words, i += kWord) {
      uint64_t word = 0;
      for (size_t part = 0; part < 64 / kLanes; ++part) {
        const uint64_t found =
            lookup(Windows<kStride>::At(text.data() + i + part * kStep));
        word |= found << (part * kLanes);
      }
      bitmap[words] = word;
    }
    if (words == 0) break;
    Append(bitmap, words, begin, kStride, hits);
  }
  for (;
       i + Windows<kStride>::kReach <= text.size() && i + kStep - kStride < to;
       i += kStep) {
    Append(lookup(Windows<kStride>::At(text.data() + i)), i, kStride, hits);
  }
  return i;
}

void EveryEighth(const WindowSet& set, std::string_view text, size_t from,
                 size_t to, Offsets* hits) {
  from = Find<8>(set, text, from, to, hits);
  PortableKernel().every_eighth(set, text, from, to, hits);
}

void EveryFourth(const WindowSet& set, std::string_view text, size_t from,
                 size_t to, Offsets* hits) {
  from = Find<4>(set, text, from, to, hits);
  PortableKernel().every_fourth(set, text, from, to, hits);
}

void EverySecond(const WindowSet& set, std::string_view text, size_t from,
                 size_t to, Offsets* hits) {
  from = Find<2>(set, text, from, to, hits);
  PortableKernel().every_second(set, text, from, to, hits);
}

// `kCount` windows, one or two, compared at 32 places at a time.
template <size_t kCount>
class Few {
 public:
  MASKPIPE_AVX2 explicit Few(const WindowSet& set) {
    for (size_t n = 0; n < kCount; ++n) {
      for (size_t i = 0; i < WindowSet::kWindow; ++i) {
        bytes_[n][i] =
            _mm256_set1_epi8(static_cast<char>(set.few(n) >> (8 * i) & 0xff));
      }
    }
  }
  MASKPIPE_AVX2 unsigned operator()(const char* at) const {
    return Mask(Same(at, 0, WindowSet::kWindow));
  }
  // Of 64 places. In most texts two bytes rule all of them out.
  MASKPIPE_AVX2 uint64_t Word(const char* at) const {
    constexpr size_t kHalf = WindowSet::kWindow / 2;
    const __m256i low = Same(at, kHalf, WindowSet::kWindow);
    const __m256i high = Same(at + 32, kHalf, WindowSet::kWindow);
    const __m256i any = _mm256_or_si256(low, high);
    if (_mm256_testz_si256(any, any) != 0) return 0;
    return (*this)(at) | uint64_t{(*this)(at + 32)} << 32;
  }

 private:
  // Where the bytes [first, last) of a window stand.
  MASKPIPE_AVX2 __m256i Same(const char* at, size_t first, size_t last) const {
    const __m256i fold = _mm256_set1_epi8(WindowSet::kFold & 0xff);
    __m256i same[kCount];
    for (size_t i = first; i < last; ++i) {
      const __m256i bytes = _mm256_or_si256(LoadWide(at + i), fold);
      for (size_t n = 0; n < kCount; ++n) {
        const __m256i equal = _mm256_cmpeq_epi8(bytes, bytes_[n][i]);
        same[n] = i == first ? equal : _mm256_and_si256(same[n], equal);
      }
    }
    return _mm256_or_si256(same[0], same[kCount - 1]);
  }
  MASKPIPE_AVX2 static unsigned Mask(__m256i same) {
    return static_cast<unsigned>(_mm256_movemask_epi8(same));
  }

  __m256i bytes_[kCount][WindowSet::kWindow];
};

// As Find(), at every place.
template <size_t kCount>
MASKPIPE_AVX2 size_t FindFew(const WindowSet& set, std::string_view text,
                             size_t from, size_t to, Offsets* hits) {
  constexpr size_t kReach = 32 + WindowSet::kWindow - 1;
  const Few<kCount> few(set);
  size_t i = from;
  for (;;) {
    const size_t begin = i;
    uint64_t bitmap[kBitmapWords];
    size_t words = 0;
    for (;
         words < kBitmapWords && i + 32 + kReach <= text.size() && i + 64 <= to;
         ++words, i += 64) {
      bitmap[words] = few.Word(text.data() + i);
    }
    if (words == 0) break;
    Append(bitmap, words, begin, 1, hits);
  }
  for (; i + kReach <= text.size() && i + 32 <= to; i += 32) {
    Append(few(text.data() + i), i, 1, hits);
  }
  return i;
}

void Every(const WindowSet& set, std::string_view text, size_t from, size_t to,
           Offsets* hits) {
  if (!set.is_few()) {
    from = Find<1>(set, text, from, to, hits);
  } else if (set.few(0) == set.few(1)) {
    from = FindFew<1>(set, text, from, to, hits);
  } else {
    from = FindFew<2>(set, text, from, to, hits);
  }
  PortableKernel().every(set, text, from, to, hits);
}

// Whether each of 32 bytes is in the set.
MASKPIPE_AVX2 inline unsigned In(__m256i low, __m256i high, __m256i bytes) {
  // A byte from 0x80 on finds no bit in either table.
  const __m256i by_low = _mm256_shuffle_epi8(low, bytes);
  const __m256i by_high = _mm256_shuffle_epi8(
      high,
      _mm256_and_si256(_mm256_srli_epi16(bytes, 4), _mm256_set1_epi8(0x0f)));
  return ~static_cast<unsigned>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(
      _mm256_and_si256(by_low, by_high), _mm256_setzero_si256())));
}

MASKPIPE_AVX2 void Bytes(const ByteSet& set, const NibbleSet& nibbles,
                         std::string_view text, size_t from, size_t to,
                         Offsets* hits) {
  const __m256i low = Table(nibbles.low), high = Table(nibbles.high);
  size_t i = from;
  while (i + 64 <= to) {
    const size_t begin = i;
    uint64_t bitmap[kBitmapWords];
    size_t words = 0;
    for (; words < kBitmapWords && i + 64 <= to; ++words, i += 64) {
      const char* at = text.data() + i;
      bitmap[words] = In(low, high, LoadWide(at)) |
                      uint64_t{In(low, high, LoadWide(at + 32))} << 32;
    }
    Append(bitmap, words, begin, 1, hits);
  }
  for (; i + 32 <= to; i += 32) {
    Append(In(low, high, LoadWide(text.data() + i)), i, 1, hits);
  }
  PortableKernel().bytes(set, nibbles, text, i, to, hits);
}

constexpr Kernel kAvx2 = {"avx2",      0,     EveryEighth, EveryFourth,
                          EverySecond, Every, Bytes};

#undef MASKPIPE_AVX2

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
