// What was found at the places of one text, since many ask for the same ones:
// escapes are tried by many rows and at several levels, noise by every needle.
// Without it the work would grow with the power of their number.
//
//   const PlaceScope scope;   // as long as it lives, what is found is kept
//   PlaceMemo<Readings>& memo = PlaceMemo<Readings>::OfThisThread();
//   memo.Begin(reader.id(), text);
//   const Readings* known = memo.Get(at, level);   // null: not known yet
//
// Each thread has its own. It holds places and single units, no secret.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace maskpipe {

// The texts that are read must not change as long as one lives.
class PlaceScope {
 public:
  PlaceScope() {
    if (depth()++ == 0) ++number();
  }
  ~PlaceScope() { --depth(); }
  PlaceScope(const PlaceScope&) = delete;
  PlaceScope& operator=(const PlaceScope&) = delete;

  // Which one this is; 0: none.
  static uint64_t Current() { return depth() == 0 ? 0 : number(); }

 private:
  static int& depth() {
    static thread_local int depth = 0;
    return depth;
  }
  static uint64_t& number() {
    static thread_local uint64_t number = 0;
    return number;
  }
};

template <typename Value>
class PlaceMemo {
 public:
  static PlaceMemo& OfThisThread() {
    static thread_local PlaceMemo memo;
    return memo;
  }

  // Forgets what was found in another text or by another reader, or in a text
  // that may have changed.
  void Begin(uint64_t reader, std::string_view text) {
    const bool same = reader == reader_ && text.data() == text_.data() &&
                      text.size() == text_.size();
    const uint64_t scope = PlaceScope::Current();
    const bool keeps = scope != 0 && scope == scope_ && same && used_ < kMost;
    if (!keeps && used_ != 0) {
      used_ = 0;
      places_.clear();
    }
    scope_ = scope;
    reader_ = reader;
    text_ = text;
  }

  // Null where it is not known. What is kept stays where it is until the next
  // Begin().
  const Value* Get(const char* at, unsigned kind) const {
    if (used_ == 0) return nullptr;
    const auto found = places_.find(Key(at, kind));
    return found == places_.end() ? nullptr : values_[found->second].get();
  }
  // To be filled; it may hold what was found elsewhere.
  Value& Make(const char* at, unsigned kind) {
    if (used_ == values_.size()) values_.push_back(std::make_unique<Value>());
    places_[Key(at, kind)] = used_;
    return *values_[used_++];
  }

 private:
  static constexpr size_t kMost = 4096;
  static constexpr unsigned kKinds = 4;
  static uintptr_t Key(const char* at, unsigned kind) {
    return reinterpret_cast<uintptr_t>(at) * kKinds + kind;
  }

  uint64_t scope_ = 0;
  uint64_t reader_ = 0;  // SpellingReader::id()
  std::string_view text_;
  size_t used_ = 0;
  std::vector<std::unique_ptr<Value>> values_;
  std::unordered_map<uintptr_t, size_t> places_;
};

}  // namespace maskpipe
