// What follows from a few bytes of a text, kept by these bytes: in a log the
// same escapes stand again and again.
//
//   static thread_local ByteCache<bool, 10> cache;   // 2^10 entries
//   cache.Begin(reader.id());
//   bool value = cache.Find(text.substr(p, 8), [&] { return ...; });
//
// Belongs to one thread. It holds no text that is longer than eight bytes, and
// that not in clear.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

namespace maskpipe {

template <typename Value, int kLog2>
class ByteCache {
 public:
  // Forgets what another reader said.
  void Begin(uint64_t reader) {
    if (reader_ == reader) return;
    reader_ = reader;
    if (entries_ == nullptr) entries_ = std::make_unique<Entries>();
    entries_->fill(Entry());
  }

  // Of at most eight bytes; what `make` returns where it is not kept. It lasts
  // until the next call. Inlined, so that a size that is known costs nothing.
  template <typename Make>
  [[gnu::always_inline]] const Value& Find(std::string_view bytes,
                                           Make&& make) {
    uint64_t key = 0;
    std::memcpy(&key, bytes.data(), bytes.size());
    key *=
        0x9e3779b97f4a7c15;  // one to one, so that equal keys are equal bytes
    // Two may stand where the key says, the last one first.
    Entry* const two = &(*entries_)[(key >> (64 - kLog2)) & ~size_t{1}];
    const auto is = [&](const Entry& e) {
      return e.key == key && e.size == bytes.size();
    };
    if (is(two[0])) return two[0].value;
    if (is(two[1])) return two[1].value;
    const Value value = make();
    two[1] = two[0];
    two[0] = {key, value, static_cast<uint8_t>(bytes.size())};
    return two[0].value;
  }

 private:
  struct Entry {
    uint64_t key = 0;
    Value value{};
    uint8_t size = 0;  // of the bytes; 0: none are kept
  };
  using Entries = std::array<Entry, size_t{1} << kLog2>;

  uint64_t reader_ = 0;  // SpellingReader::id(), which is never 0
  std::unique_ptr<Entries> entries_;
};

}  // namespace maskpipe
