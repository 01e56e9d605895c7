#include "src/match/reading_cache.h"

#include <cstring>

namespace maskpipe {

ReadingCache::Entry ReadingCache::EntryOf(const SpellingReader& reader,
                                          std::string_view bytes) {
  Readings units;
  reader.Read(bytes, 0, &units);
  Entry entry;
  // What more text could change is said to be cut.
  if (!units.cut.empty() || !units.broken_cut.empty()) return entry;
  for (const Reading& r : units) {
    if (r.raw) continue;
    if (entry.count == Entry::kMostUnits || r.size > sizeof Unit::bytes ||
        r.after_break != 0) {
      return entry;
    }
    Unit& unit = entry.units[entry.count++];
    std::memcpy(unit.bytes, r.bytes.data(), r.size);
    unit.size = r.size;
    unit.length = static_cast<uint8_t>(r.end);
  }
  entry.known = true;
  return entry;
}

}  // namespace maskpipe
