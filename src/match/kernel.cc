#include "src/match/kernel.h"

#include <algorithm>
#include <cstdlib>
#include <span>

namespace maskpipe {
namespace {

template <size_t kStride>
void Windows(const WindowSet& set, std::string_view text, size_t from,
             size_t to, Offsets* hits) {
  for (size_t i = from; i < to; i += kStride) {
    if (set.MayHave(LoadWindow(text.data() + i))) {
      hits->push_back(static_cast<uint32_t>(i));
    }
  }
}

void Every(const WindowSet& set, std::string_view text, size_t from, size_t to,
           Offsets* hits) {
  const std::span<const uint32_t> few = set.few();
  if (few.empty()) return Windows<1>(set, text, from, to, hits);
  for (size_t i = from; i < to; ++i) {
    const uint32_t window = WindowSet::Folded(LoadWindow(text.data() + i));
    if (std::find(few.begin(), few.end(), window) != few.end()) {
      hits->push_back(static_cast<uint32_t>(i));
    }
  }
}

void Bytes(const ByteSet& set, const NibbleSet&, std::string_view text,
           size_t from, size_t to, Offsets* hits) {
  for (size_t i = from; i < to; ++i) {
    if (set.Has(text[i])) hits->push_back(static_cast<uint32_t>(i));
  }
}

constexpr Kernel kPortable = {"portable", 0,     Windows<8>, Windows<4>,
                              Windows<2>, Every, Bytes};

// Those that run here, the best first.
std::vector<const Kernel*> Available() {
  std::vector<const Kernel*> kernels;
  for (const Kernel* k : {Avx512Kernel(), Avx2Kernel(), NeonKernel()}) {
    if (k != nullptr) kernels.push_back(k);
  }
  kernels.push_back(&kPortable);
  return kernels;
}

}  // namespace

bool MakeNibbleSet(const ByteSet& set, NibbleSet* out) {
  bool ascii = true;
  *out = NibbleSet();
  for (uint8_t high = 0; high < 8; ++high) {
    out->high[high] = static_cast<uint8_t>(1u << high);
  }
  set.ForEach([&](uint8_t b) {
    ascii = ascii && b < 0x80;
    out->low[b & 15] |= static_cast<uint8_t>(1u << (b >> 4 & 7));
  });
  return ascii;
}

const Kernel& PortableKernel() { return kPortable; }

const Kernel* ChosenKernel() {
  static const Kernel* const chosen = []() -> const Kernel* {
    const char* forced = std::getenv("MASKPIPE_KERNEL");
    for (const Kernel* k : Available()) {
      if (forced == nullptr || std::string_view(forced) == k->name) return k;
    }
    return nullptr;
  }();
  return chosen;
}

std::string KernelNames() {
  std::string names;
  for (const Kernel* k : Available()) {
    names += (names.empty() ? "" : ", ") + std::string(k->name);
  }
  return names;
}

}  // namespace maskpipe
