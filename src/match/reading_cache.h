// What can be read at a place, where its first few bytes tell; kept by these
// (byte_cache.h), each thread for itself.
//
//   ReadingCache::Entry units;
//   if (ReadingCache::Read(reader, text, p, &units)) ...

#pragma once

#include <array>
#include <cstdint>

#include "src/match/byte_cache.h"
#include "src/match/spelling_reader.h"

namespace maskpipe {

class ReadingCache {
 public:
  struct Unit {
    std::string_view unit() const { return {bytes, size}; }
    char bytes[4];
    uint8_t size;
    uint8_t length;  // of the escape
  };
  struct Entry {
    static constexpr size_t kMostUnits = 3;
    const Unit* begin() const { return units.data(); }
    const Unit* end() const { return units.data() + count; }
    uint8_t count = 0;  // the raw byte is left out
    bool known = false;
    std::array<Unit, kMostUnits> units{};
  };

  // All that is read at `p`, if the next few bytes say that.
  static bool Read(const SpellingReader& reader, std::string_view text,
                   size_t p, Entry* out) {
    if (text.size() - p < sizeof(uint64_t)) return false;
    static thread_local ByteCache<Entry, kLog2> cache;
    cache.Begin(reader.id());
    for (const size_t size : {size_t{3}, size_t{4}, size_t{8}}) {
      const std::string_view bytes = text.substr(p, size);
      const Entry& entry =
          cache.Find(bytes, [&] { return EntryOf(reader, bytes); });
      if (!entry.known) continue;
      *out = entry;
      return true;
    }
    return false;
  }

 private:
  static constexpr int kLog2 = 12;  // entries; 128 KiB

  static Entry EntryOf(const SpellingReader& reader, std::string_view bytes);
};

}  // namespace maskpipe
