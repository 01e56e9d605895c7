// Four windows at a time; there are no gathers, so each word of the set is
// loaded by itself. Every processor for aarch64 has these vectors.

#include "src/match/kernel.h"

#if defined(__aarch64__) && defined(__ARM_NEON) && \
    __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__

#include <arm_neon.h>

#include <algorithm>
#include <span>

#define MASKPIPE_TARGET

namespace maskpipe {
namespace {

constexpr size_t kLanes = 4;

inline uint8x16_t Load(const void* at) {
  return vld1q_u8(static_cast<const uint8_t*>(at));
}

// One bit for each of sixteen bytes that are all ones or all zeros.
inline unsigned MaskOf(uint8x16_t bytes) {
  alignas(16) static constexpr uint8_t kBits[] = {1, 2, 4, 8, 16, 32, 64, 128,
                                                  1, 2, 4, 8, 16, 32, 64, 128};
  const uint8x16_t bits = vandq_u8(bytes, vld1q_u8(kBits));
  return vaddv_u8(vget_low_u8(bits)) |
         static_cast<unsigned>(vaddv_u8(vget_high_u8(bits))) << 8;
}

class Lookup {
 public:
  explicit Lookup(const WindowSet& set)
      : words_(set.words()),
        shift_(vdupq_n_s32(-set.shift())),
        first_(vdupq_n_s32(5 - set.shift())),
        second_(vdupq_n_s32(10 - set.shift())) {}

  unsigned operator()(uint32x4_t windows) const {
    const uint32x4_t h =
        vmulq_u32(vorrq_u32(windows, vdupq_n_u32(WindowSet::kFold)),
                  vdupq_n_u32(WindowSet::kFactor));
    // The word's number is below the table's size, by construction.
    const uint32x4_t number = vshlq_u32(h, shift_);
    uint32x4_t word = vdupq_n_u32(words_[vgetq_lane_u32(number, 0)]);
    word = vld1q_lane_u32(words_ + vgetq_lane_u32(number, 1), word, 1);
    word = vld1q_lane_u32(words_ + vgetq_lane_u32(number, 2), word, 2);
    word = vld1q_lane_u32(words_ + vgetq_lane_u32(number, 3), word, 3);
    // Each of the two bits goes to the top, and from there to its lane's.
    const uint32x4_t both = vandq_u32(vshlq_u32(word, FromTop(h, first_)),
                                      vshlq_u32(word, FromTop(h, second_)));
    alignas(16) static constexpr int32_t kLane[] = {0, 1, 2, 3};
    return vaddvq_u32(vshlq_u32(vshrq_n_u32(both, 31), vld1q_s32(kLane)));
  }

 private:
  static int32x4_t FromTop(uint32x4_t hash, int32x4_t shift) {
    return vreinterpretq_s32_u32(
        vbicq_u32(vdupq_n_u32(31), vshlq_u32(hash, shift)));
  }

  const uint32_t* words_;
  int32x4_t shift_, first_, second_;  // to the right
};

template <size_t kStride>
struct Windows;

template <>
struct Windows<8> {
  static constexpr size_t kReach = 32;
  static uint32x4_t At(const char* at) {
    // Every other word of eight.
    return vuzp1q_u32(vreinterpretq_u32_u8(Load(at)),
                      vreinterpretq_u32_u8(Load(at + 16)));
  }
};

template <>
struct Windows<4> {
  static constexpr size_t kReach = 16;
  static uint32x4_t At(const char* at) {
    return vreinterpretq_u32_u8(Load(at));
  }
};

// The bytes of `at` in the order that `spread` says.
inline uint32x4_t Spread(const char* at, const uint8_t* spread) {
  return vreinterpretq_u32_u8(vqtbl1q_u8(Load(at), vld1q_u8(spread)));
}

template <>
struct Windows<2> {
  static constexpr size_t kReach = 16;
  static uint32x4_t At(const char* at) {
    static constexpr uint8_t kSpread[] = {0, 1, 2, 3, 2, 3, 4, 5,
                                          4, 5, 6, 7, 6, 7, 8, 9};
    return Spread(at, kSpread);
  }
};

template <>
struct Windows<1> {
  static constexpr size_t kReach = 16;
  static uint32x4_t At(const char* at) {
    static constexpr uint8_t kSpread[] = {0, 1, 2, 3, 1, 2, 3, 4,
                                          2, 3, 4, 5, 3, 4, 5, 6};
    return Spread(at, kSpread);
  }
};

template <size_t kCount>
class Few {
 public:
  static constexpr size_t kPlaces = 16;

  explicit Few(const WindowSet& set) {
    const std::span<const uint32_t> few = set.few();
    for (size_t n = 0; n < kCount; ++n) {
      // Once more the last one where there are fewer.
      const uint32_t window = few[std::min(n, few.size() - 1)];
      for (size_t i = 0; i < WindowSet::kWindow; ++i) {
        bytes_[n][i] = vdupq_n_u8(static_cast<uint8_t>(window >> (8 * i)));
      }
    }
  }
  unsigned operator()(const char* at) const {
    const uint8x16_t fold = vdupq_n_u8(WindowSet::kFold & 0xff);
    uint8x16_t bytes[WindowSet::kWindow];
    for (size_t i = 0; i < WindowSet::kWindow; ++i) {
      bytes[i] = vorrq_u8(Load(at + i), fold);
    }
    uint8x16_t any = vdupq_n_u8(0);
    for (size_t n = 0; n < kCount; ++n) {
      uint8x16_t same = vceqq_u8(bytes[0], bytes_[n][0]);
      for (size_t i = 1; i < WindowSet::kWindow; ++i) {
        same = vandq_u8(same, vceqq_u8(bytes[i], bytes_[n][i]));
      }
      any = vorrq_u8(any, same);
    }
    return MaskOf(any);
  }
  uint64_t Word(const char* at) const {
    uint64_t word = 0;
    for (size_t part = 0; part < 64; part += kPlaces) {
      word |= uint64_t{(*this)(at + part)} << part;
    }
    return word;
  }

 private:
  uint8x16_t bytes_[kCount][WindowSet::kWindow];
};

class Members {
 public:
  static constexpr size_t kPlaces = 16;

  Members(const ByteSet&, const NibbleSet& set)
      : low_(Load(set.low.data())), high_(Load(set.high.data())) {}

  unsigned operator()(const char* at) const {
    const uint8x16_t bytes = Load(at);
    // A byte from 0x80 on finds no bit by its upper half.
    return MaskOf(vtstq_u8(vqtbl1q_u8(low_, vandq_u8(bytes, vdupq_n_u8(0x0f))),
                           vqtbl1q_u8(high_, vshrq_n_u8(bytes, 4))));
  }

 private:
  uint8x16_t low_, high_;
};

using Held = Lookup;

const Kernel& Rest() { return PortableKernel(); }

#include "src/match/kernel_loops.inc"

constexpr Kernel kNeon = {"neon",      0,     EveryEighth, EveryFourth,
                          EverySecond, Every, Bytes};

}  // namespace

const Kernel* NeonKernel() { return &kNeon; }

}  // namespace maskpipe

#else

namespace maskpipe {
const Kernel* NeonKernel() { return nullptr; }
}  // namespace maskpipe

#endif
