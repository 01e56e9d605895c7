// What was read at the places of one text: escapes are tried by many rows and
// at several levels, and many ask for the same places. Without it the work
// would grow with the power of their number.
//
//   const ReadingScope scope;   // as long as it lives, what is read is kept
//
// Each thread has its own. It holds single units, no secret.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "src/match/spelling_reader.h"

namespace maskpipe {

class ReadingMemo {
 public:
  static ReadingMemo& OfThisThread() {
    static thread_local ReadingMemo memo;
    return memo;
  }

  // Forgets what was read of another text, or of one that may have changed.
  void Begin(uint64_t reader, std::string_view text) {
    const bool same = reader == reader_ && text.data() == text_.data() &&
                      text.size() == text_.size();
    if (scopes_ == 0 || !same || used_ >= kMost) {
      used_ = 0;
      places_.clear();
    }
    reader_ = reader;
    text_ = text;
  }
  // Null where it is not known; Keep() makes room that stays where it is until
  // the next Begin().
  const Readings* Get(const char* at, int level) const {
    if (used_ == 0) return nullptr;
    const auto found = places_.find(Key(at, level));
    return found == places_.end() ? nullptr : readings_[found->second].get();
  }
  const Readings& Keep(const char* at, int level, const Readings& readings) {
    if (used_ == readings_.size()) {
      readings_.push_back(std::make_unique<Readings>());
    }
    places_[Key(at, level)] = used_;
    return *readings_[used_++] = readings;
  }

  void EnterScope() {
    if (scopes_++ == 0) Forget();
  }
  void LeaveScope() {
    if (--scopes_ == 0) Forget();
  }

 private:
  static constexpr size_t kMost = 4096;
  static uintptr_t Key(const char* at, int level) {
    return reinterpret_cast<uintptr_t>(at) * (kSpellingLevels + 1) +
           static_cast<unsigned>(level);
  }
  void Forget() {
    used_ = 0;
    places_.clear();
    text_ = {};
  }

  int scopes_ = 0;
  uint64_t reader_ = 0;  // SpellingReader::id()
  std::string_view text_;
  size_t used_ = 0;
  std::vector<std::unique_ptr<Readings>> readings_;
  std::unordered_map<uintptr_t, size_t> places_;
};

// The text that is read must not change meanwhile.
class ReadingScope {
 public:
  ReadingScope() { ReadingMemo::OfThisThread().EnterScope(); }
  ~ReadingScope() { ReadingMemo::OfThisThread().LeaveScope(); }
  ReadingScope(const ReadingScope&) = delete;
  ReadingScope& operator=(const ReadingScope&) = delete;
};

}  // namespace maskpipe
