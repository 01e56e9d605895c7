// A set of byte values.

#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace maskpipe {

class ByteSet {
 public:
  // The bytes of a text.
  static constexpr ByteSet Of(std::string_view bytes) {
    ByteSet set;
    for (char c : bytes) set.Add(static_cast<uint8_t>(c));
    return set;
  }

  constexpr void Add(uint8_t b) { words_[b / 64] |= uint64_t{1} << (b % 64); }
  void AddRange(uint32_t first, uint32_t last) {
    for (uint32_t b = first; b <= last; ++b) Add(static_cast<uint8_t>(b));
  }
  constexpr bool Has(uint8_t b) const { return words_[b / 64] >> (b % 64) & 1; }
  constexpr bool Has(char c) const { return Has(static_cast<uint8_t>(c)); }
  bool empty() const {
    return (words_[0] | words_[1] | words_[2] | words_[3]) == 0;
  }
  size_t size() const {
    size_t n = 0;
    for (uint64_t word : words_) n += static_cast<size_t>(std::popcount(word));
    return n;
  }
  bool Meets(const ByteSet& other) const {
    bool meets = false;
    for (size_t i = 0; i < words_.size(); ++i) {
      meets = meets || (words_[i] & other.words_[i]) != 0;
    }
    return meets;
  }
  ByteSet& operator|=(const ByteSet& other) {
    for (size_t i = 0; i < words_.size(); ++i) words_[i] |= other.words_[i];
    return *this;
  }
  bool operator==(const ByteSet&) const = default;

  // The first member from `b` on; 256: there is none.
  unsigned FirstFrom(unsigned b) const {
    for (size_t i = b / 64; i < words_.size(); ++i) {
      const uint64_t bits =
          i == b / 64 ? words_[i] >> (b % 64) << (b % 64) : words_[i];
      if (bits != 0) {
        return static_cast<unsigned>(i * 64) +
               static_cast<unsigned>(std::countr_zero(bits));
      }
    }
    return 256;
  }

  // Calls f with each member, in order.
  template <typename F>
  void ForEach(F&& f) const {
    for (size_t i = 0; i < words_.size(); ++i) {
      for (uint64_t bits = words_[i]; bits != 0; bits &= bits - 1) {
        f(static_cast<uint8_t>(i * 64 +
                               static_cast<size_t>(std::countr_zero(bits))));
      }
    }
  }

 private:
  std::array<uint64_t, 4> words_{};
};

}  // namespace maskpipe
