// The hot loops: which places of a text are worth a second look. Each is chosen
// at run time by what the processor can do; all find the same places.
//
// Every load stays within the text: a kernel handles as many whole steps as fit
// and leaves the rest to the portable loop.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "src/match/byte_set.h"
#include "src/match/window_set.h"

namespace maskpipe {

// A set of ASCII bytes as a product of nibbles: `high` has a bit for each upper
// half, `low` the bits of those with which a lower half makes a member.
struct NibbleSet {
  std::array<uint8_t, 16> low{};
  std::array<uint8_t, 16> high{};
};

// False where the set has a byte from 0x80 on.
bool MakeNibbleSet(const ByteSet& set, NibbleSet* out);

// Appends the offsets of hits, in order.
using Offsets = std::vector<uint32_t>;

// A loop handles places from `from` up to but not including `to`, whose windows
// all lie within the text.
struct Kernel {
  const char* name;
  // A set of up to so many windows is held in registers, and costs little.
  size_t held;
  // Every eighth place, and so on, whose window the set may have.
  using Loop = void (*)(const WindowSet&, std::string_view, size_t from,
                        size_t to, Offsets*);
  Loop every_eighth;
  Loop every_fourth;
  Loop every_second;
  Loop every;  // of a set of few() exactly those that it has
  // Every place with a byte of the set.
  void (*bytes)(const ByteSet&, const NibbleSet&, std::string_view, size_t from,
                size_t to, Offsets*);
};

// The best for this processor, or the one that MASKPIPE_KERNEL names; null
// where it names none that there is and that runs here.
const Kernel* ChosenKernel();

// The names of those that run here, the best first, with commas between.
std::string KernelNames();

const Kernel& PortableKernel();
// Null where they do not run.
const Kernel* Avx2Kernel();
const Kernel* Avx512Kernel();
const Kernel* NeonKernel();

}  // namespace maskpipe
