#include "src/match/noise_cache.h"

namespace maskpipe {

void NoiseCache::Begin(const SpellingReader& reader) {
  if (entries_ == nullptr) {
    entries_ = std::make_unique<std::array<Entry, size_t{1} << kLog2>>();
  } else {
    entries_->fill(Entry());
  }
  reader_ = reader.id();
}

// What more text could change is said to be cut.
bool NoiseCache::MayOf(const IgnorableReader& ignorable,
                       std::string_view bytes) {
  Ignorable noise;
  ignorable.Read(bytes, 0, true, &noise);
  return !noise.ends.empty() || noise.cut || noise.cut_break ||
         noise.cut_after;
}

}  // namespace maskpipe
