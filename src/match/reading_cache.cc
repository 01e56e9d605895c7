#include "src/match/reading_cache.h"

namespace maskpipe {

void ReadingCache::Begin(const SpellingReader& reader) {
  if (entries_ == nullptr) {
    entries_ = std::make_unique<std::array<Entry, size_t{1} << kLog2>>();
  } else {
    entries_->fill(Entry());
  }
  reader_ = reader.id();
}

void ReadingCache::Fill(const SpellingReader& reader, std::string_view bytes,
                        uint64_t key, Entry* entry) {
  Readings units;
  reader.Read(bytes, 0, &units);
  *entry = Entry();
  entry->key = key;
  // What more text could change is said to be cut.
  if (!units.cut.empty() || !units.broken_cut.empty()) return;
  for (const Reading& r : units) {
    if (r.raw) continue;
    if (entry->count == Entry::kMostUnits || r.size > sizeof Unit::bytes ||
        r.after_break != 0) {
      return;
    }
    Unit& unit = entry->units[entry->count++];
    std::memcpy(unit.bytes, r.bytes.data(), r.size);
    unit.size = r.size;
    unit.length = static_cast<uint8_t>(r.end);
  }
  entry->known = true;
}

}  // namespace maskpipe
