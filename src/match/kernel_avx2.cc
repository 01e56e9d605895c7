// Eight windows at a time, each looked up by a gather.

#include "src/match/kernel.h"

#if defined(__x86_64__)

#include <immintrin.h>

namespace maskpipe {
namespace {

#define MASKPIPE_AVX2 __attribute__((target("avx2")))

// One bit for each of eight windows that the set may have.
class Lookup {
 public:
  MASKPIPE_AVX2 explicit Lookup(const WindowSet& set)
      : words_(reinterpret_cast<const int*>(set.words())),
        shift_(_mm_cvtsi32_si128(set.shift())),
        first_(_mm_cvtsi32_si128(set.shift() - 5)),
        second_(_mm_cvtsi32_si128(set.shift() - 10)) {}

  MASKPIPE_AVX2 unsigned operator()(__m256i windows) const {
    const __m256i one = _mm256_set1_epi32(1);
    const __m256i low = _mm256_set1_epi32(31);
    const __m256i h = _mm256_mullo_epi32(
        _mm256_or_si256(windows,
                        _mm256_set1_epi32(static_cast<int>(WindowSet::kFold))),
        _mm256_set1_epi32(static_cast<int>(WindowSet::kFactor)));
    // The word's number is below the table's size, by construction.
    const __m256i word =
        _mm256_i32gather_epi32(words_, _mm256_srl_epi32(h, shift_), 4);
    const __m256i a = _mm256_sllv_epi32(
        one, _mm256_and_si256(_mm256_srl_epi32(h, first_), low));
    const __m256i b = _mm256_sllv_epi32(
        one, _mm256_and_si256(_mm256_srl_epi32(h, second_), low));
    const __m256i bits = _mm256_or_si256(a, b);
    const __m256i all = _mm256_cmpeq_epi32(_mm256_and_si256(word, bits), bits);
    return static_cast<unsigned>(_mm256_movemask_ps(_mm256_castsi256_ps(all)));
  }

 private:
  const int* words_;
  __m128i shift_, first_, second_;
};

void Append(unsigned mask, size_t at, size_t stride, Offsets* hits) {
  for (; mask != 0; mask &= mask - 1) {
    const auto lane = static_cast<size_t>(__builtin_ctz(mask));
    hits->push_back(static_cast<uint32_t>(at + lane * stride));
  }
}

MASKPIPE_AVX2 inline __m128i Load(const void* at) {
  return _mm_loadu_si128(static_cast<const __m128i*>(at));
}

MASKPIPE_AVX2 inline __m256i Table(const std::array<uint8_t, 16>& half) {
  return _mm256_broadcastsi128_si256(Load(half.data()));
}

// Reads 64 bytes from `i`; of every eight the first four.
MASKPIPE_AVX2 void EveryEighth(const WindowSet& set, std::string_view text,
                               size_t from, size_t to, Offsets* hits) {
  const Lookup lookup(set);
  size_t i = from;
  for (; i + 64 <= text.size() && i + 56 < to; i += 64) {
    const char* at = text.data() + i;
    const __m256 a = _mm256_castsi256_ps(
        _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at)));
    const __m256 b = _mm256_castsi256_ps(
        _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at + 32)));
    // The lower half of each quarter: places 0 1 4 5, 2 3 6 7.
    const __m256i mixed = _mm256_castps_si256(_mm256_shuffle_ps(a, b, 0x88));
    const __m256i windows = _mm256_permute4x64_epi64(mixed, 0xd8);
    Append(lookup(windows), i, 8, hits);
  }
  PortableKernel().every_eighth(set, text, i, to, hits);
}

// Reads 32 bytes from `i`, which are the windows.
MASKPIPE_AVX2 void EveryFourth(const WindowSet& set, std::string_view text,
                               size_t from, size_t to, Offsets* hits) {
  const Lookup lookup(set);
  size_t i = from;
  for (; i + 32 <= text.size() && i + 28 < to; i += 32) {
    const __m256i windows =
        _mm256_loadu_si256(reinterpret_cast<const __m256i*>(text.data() + i));
    Append(lookup(windows), i, 4, hits);
  }
  PortableKernel().every_fourth(set, text, i, to, hits);
}

// Reads 24 bytes from `i`.
MASKPIPE_AVX2 void EverySecond(const WindowSet& set, std::string_view text,
                               size_t from, size_t to, Offsets* hits) {
  const Lookup lookup(set);
  const __m256i spread =
      _mm256_setr_epi8(0, 1, 2, 3, 2, 3, 4, 5, 4, 5, 6, 7, 6, 7, 8, 9, 0, 1, 2,
                       3, 2, 3, 4, 5, 4, 5, 6, 7, 6, 7, 8, 9);
  size_t i = from;
  for (; i + 24 <= text.size() && i + 14 < to; i += 16) {
    const __m256i both =
        _mm256_set_m128i(Load(text.data() + i + 8), Load(text.data() + i));
    Append(lookup(_mm256_shuffle_epi8(both, spread)), i, 2, hits);
  }
  PortableKernel().every_second(set, text, i, to, hits);
}

// Reads 20 bytes from `i`.
MASKPIPE_AVX2 void Every(const WindowSet& set, std::string_view text,
                         size_t from, size_t to, Offsets* hits) {
  const Lookup lookup(set);
  const __m256i spread =
      _mm256_setr_epi8(0, 1, 2, 3, 1, 2, 3, 4, 2, 3, 4, 5, 3, 4, 5, 6, 0, 1, 2,
                       3, 1, 2, 3, 4, 2, 3, 4, 5, 3, 4, 5, 6);
  size_t i = from;
  for (; i + 20 <= text.size() && i + 7 < to; i += 8) {
    const __m256i both =
        _mm256_set_m128i(Load(text.data() + i + 4), Load(text.data() + i));
    Append(lookup(_mm256_shuffle_epi8(both, spread)), i, 1, hits);
  }
  PortableKernel().every(set, text, i, to, hits);
}

// Reads 32 bytes from `i`.
MASKPIPE_AVX2 void Bytes(const ByteSet& set, const NibbleSet& nibbles,
                         std::string_view text, size_t from, size_t to,
                         Offsets* hits) {
  const __m256i low = Table(nibbles.low), high = Table(nibbles.high);
  const __m256i low_bits = _mm256_set1_epi8(0x0f);
  size_t i = from;
  for (; i + 32 <= to; i += 32) {
    const __m256i bytes =
        _mm256_loadu_si256(reinterpret_cast<const __m256i*>(text.data() + i));
    // A byte from 0x80 on finds no bit in either table.
    const __m256i by_low = _mm256_shuffle_epi8(low, bytes);
    const __m256i by_high = _mm256_shuffle_epi8(
        high, _mm256_and_si256(_mm256_srli_epi16(bytes, 4), low_bits));
    const __m256i none = _mm256_cmpeq_epi8(_mm256_and_si256(by_low, by_high),
                                           _mm256_setzero_si256());
    Append(~static_cast<unsigned>(_mm256_movemask_epi8(none)), i, 1, hits);
  }
  PortableKernel().bytes(set, nibbles, text, i, to, hits);
}

constexpr Kernel kAvx2 = {"avx2",      EveryEighth, EveryFourth,
                          EverySecond, Every,       Bytes};

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
