// What can be read of a few bytes, kept by those bytes: in a log the same
// escapes stand again and again.
//
//   ReadingCache::Entry units;
//   if (ReadingCache::Read(reader, text, p, &units)) ...
//
// Each thread has its own. It holds no text that is longer than eight bytes,
// and that not in clear.

#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <memory>

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
    uint64_t key = 0;
    uint8_t count = 0;  // the raw byte is left out
    bool known = false;
    std::array<Unit, kMostUnits> units{};
  };

  // All that is read at `p`, if the next few bytes say that.
  static bool Read(const SpellingReader& reader, std::string_view text,
                   size_t p, Entry* out) {
    if (text.size() - p < sizeof(uint64_t)) return false;
    static thread_local ReadingCache cache;
    if (cache.reader_ != reader.id()) cache.Begin(reader);
    const char* at = text.data() + p;
    const Entry* entry = &cache.Find<3>(reader, at);
    if (!entry->known) entry = &cache.Find<4>(reader, at);
    if (!entry->known) entry = &cache.Find<8>(reader, at);
    if (entry->known) *out = *entry;
    return entry->known;
  }

 private:
  static constexpr int kLog2 = 12;  // entries; 128 KiB

  void Begin(const SpellingReader& reader);

  template <size_t kBytes>
  const Entry& Find(const SpellingReader& reader, const char* at) {
    uint64_t key = 0;
    std::memcpy(&key, at, kBytes);
    // One to one, so that equal keys are equal bytes; and never zero.
    key = (key + kBytes) * 0x9e3779b97f4a7c15;
    Entry& entry = (*entries_)[key >> (64 - kLog2)];
    if (entry.key != key) Fill(reader, {at, kBytes}, key, &entry);
    return entry;
  }
  static void Fill(const SpellingReader& reader, std::string_view bytes,
                   uint64_t key, Entry* entry);

  uint64_t reader_ = 0;
  std::unique_ptr<std::array<Entry, size_t{1} << kLog2>> entries_;
};

}  // namespace maskpipe
