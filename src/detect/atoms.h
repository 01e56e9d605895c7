// Finds the literals ("atoms") that detectors wait for, in one pass.
//
//   AtomFinder finder({{"://"}, {"password", /*any_case=*/true}});
//   finder.Find(text, 0, &hits);
//
// Cheap on text that holds none: each atom is sought by its three rarest bytes
// in a row, 32 positions at a time where the CPU has AVX2, 64 where it has
// AVX-512 VBMI. Not by the needles' filter (src/match/kernel.h): that skips
// over the text by the length of heads, and atoms are as short as three bytes.
//
// Immutable and shared by threads. Atoms are no secrets.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace maskpipe {

struct Atom {
  std::string text;       // at least AtomFinder::kWindow bytes
  bool any_case = false;  // `text` is lower-case and stands for any ASCII case

  bool operator==(const Atom&) const = default;
};

struct AtomHit {
  size_t begin = 0;   // in the text
  uint32_t atom = 0;  // index in the finder's list
};

class AtomFinder {
 public:
  static constexpr size_t kWindow = 3;

  // How the text is gone through; all find the same.
  enum class Loop { kPortable, kAvx2, kAvx512 };
  // Those that run here, the best first, of which any may be taken. None is
  // newer than the kernel that MASKPIPE_KERNEL names, if any (kernel.h).
  static std::vector<Loop> Loops();

  explicit AtomFinder(std::vector<Atom> atoms, Loop loop = Loops().front());

  // Appends all hits that begin at `from` or later, in the order of their
  // beginnings.
  void Find(std::string_view text, size_t from,
            std::vector<AtomHit>* hits) const;

  const std::vector<Atom>& atoms() const { return atoms_; }
  size_t longest() const { return longest_; }

 private:
  // Eight buckets are the bits of a byte; by halves they let more through, so
  // that there are twice as many.
  static constexpr size_t kBuckets = 8;
  static constexpr size_t kSets = 2;
  // For each of kWindow bytes, the buckets that accept a low and a high half.
  struct Halves {
    std::array<uint8_t, 16> low{};
    std::array<uint8_t, 16> high{};
  };

  struct WindowSlot {
    uint32_t window = 0;
    uint32_t atom = 0;  // plus one; 0: none
  };

  size_t WindowOf(const Atom& atom) const;
  void FillHalves();
  void FillBytes();
  static uint32_t LoadWindow(const char* at);
  size_t SlotOf(uint32_t window) const;
  void Check(std::string_view text, size_t from, size_t at,
             std::vector<AtomHit>* hits) const;
  void CheckAtoms(uint32_t first, std::string_view text, size_t from, size_t at,
                  std::vector<AtomHit>* hits) const;
  void FindPortable(std::string_view text, size_t from, size_t at,
                    std::vector<AtomHit>* hits) const;
  void CheckAll(std::string_view text, size_t from, size_t at,
                std::span<const uint64_t> candidates,
                std::vector<AtomHit>* hits) const;
  size_t FindAvx2(std::string_view text, size_t from,
                  std::vector<AtomHit>* hits) const;
  size_t FindAvx512(std::string_view text, size_t from,
                    std::vector<AtomHit>* hits) const;

  std::vector<Atom> atoms_;
  Loop loop_;
  std::vector<uint32_t> offsets_;  // of each atom's window
  std::vector<uint32_t> next_;     // of the same window, plus one
  // By a window's hash, or behind it where that is taken; at most half full.
  std::vector<WindowSlot> slots_;
  std::array<std::array<Halves, kWindow>, kSets> halves_{};
  // The same of whole bytes, of which the lower seven bits are looked at.
  std::array<std::array<uint8_t, 128>, kWindow> bytes_{};
  size_t longest_ = 0;
};

}  // namespace maskpipe
