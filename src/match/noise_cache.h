// Whether noise (ignorable.h) may begin at a place, kept by the eight bytes
// there: in a log the same escapes stand again and again.
//
//   if (NoiseCache::May(reader, ignorable, text, p)) ignorable.Read(...)
//
// Each thread has its own. It holds no text that is longer than eight bytes,
// and that not in clear.

#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

#include "src/match/ignorable.h"
#include "src/match/spelling_reader.h"

namespace maskpipe {

class NoiseCache {
 public:
  static bool May(const SpellingReader& reader, const IgnorableReader& ignorable,
                  std::string_view text, size_t p) {
    uint64_t key;
    if (text.size() - p < sizeof key) return true;
    static thread_local NoiseCache cache;
    if (cache.reader_ != reader.id()) cache.Begin(reader);
    std::memcpy(&key, text.data() + p, sizeof key);
    key = (key + 1) * 0x9e3779b97f4a7c15;  // one to one; zero is never text
    Entry& entry = (*cache.entries_)[key >> (64 - kLog2)];
    if (entry.key != key) {
      entry = {key, MayOf(ignorable, text.substr(p, sizeof key))};
    }
    return entry.may;
  }

 private:
  static constexpr int kLog2 = 10;  // entries; 16 KiB

  struct Entry {
    uint64_t key = 0;
    bool may = true;
  };

  void Begin(const SpellingReader& reader);
  static bool MayOf(const IgnorableReader& ignorable, std::string_view bytes);

  uint64_t reader_ = 0;
  std::unique_ptr<std::array<Entry, size_t{1} << kLog2>> entries_;
};

}  // namespace maskpipe
