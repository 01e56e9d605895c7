#include "src/secret/json.h"

#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <algorithm>
#include <cstring>

namespace maskpipe {
namespace {

// RapidJSON decodes strings on a stack of its own; this puts it in an arena.
class ArenaAllocator {
 public:
  [[maybe_unused]] static const bool kNeedFree = false;  // RapidJSON asks

  explicit ArenaAllocator(Arena* arena = nullptr) : arena_(arena) {}
  void* Malloc(size_t size) {
    return size == 0 ? nullptr : arena_->allocate(size);
  }
  void* Realloc(void* from, size_t old_size, size_t new_size) {
    void* to = Malloc(new_size);
    if (from != nullptr && to != nullptr) {
      std::memcpy(to, from, std::min(old_size, new_size));
    }
    if (from != nullptr) arena_->deallocate(from, old_size);
    return to;
  }
  static void Free(void*) {}

 private:
  Arena* arena_;
};

size_t LineOf(std::string_view text, size_t offset) {
  const auto end = text.begin() + static_cast<ptrdiff_t>(
                                      std::min(offset, text.size()));
  return 1 + static_cast<size_t>(std::count(text.begin(), end, '\n'));
}

// Collects leaves and members from RapidJSON's events.
class Collector {
 public:
  Collector(std::string_view text, const rapidjson::MemoryStream& stream,
            Arena* arena, JsonText* out)
      : text_(text), stream_(stream), arena_(arena), out_(out) {}

  bool too_deep() const { return too_deep_; }

  bool Null() { return Leaf("null"); }
  bool Bool(bool b) { return Leaf(b ? "true" : "false"); }
  bool RawNumber(const char* s, rapidjson::SizeType n, bool) {
    return Leaf(arena_->Copy({s, n}));
  }
  bool String(const char* s, rapidjson::SizeType n, bool) {
    return Leaf(arena_->Copy({s, n}));
  }
  bool Key(const char* s, rapidjson::SizeType n, bool) {
    open_.back().step.assign(s, n);
    return true;
  }
  bool StartObject() { return Start(true); }
  bool EndObject(rapidjson::SizeType) { return End(); }
  bool StartArray() { return Start(false); }
  bool EndArray(rapidjson::SizeType) { return End(); }

  // Numbers arrive as RawNumber, whatever their type.
  bool Int(int) { return false; }
  bool Uint(unsigned) { return false; }
  bool Int64(int64_t) { return false; }
  bool Uint64(uint64_t) { return false; }
  bool Double(double) { return false; }

 private:
  struct Open {
    bool is_object;
    size_t begin;      // offset of its bracket
    size_t index = 0;  // of the next element
    std::string step;  // the key of the next value, or the index
  };

  bool Leaf(std::string_view value) {
    NextElement();
    std::string path, key;
    for (const Open& o : open_) {
      path += (path.empty() ? "" : "/") + o.step;
      if (o.is_object) key = o.step;
    }
    out_->leaves.push_back({std::move(path), std::move(key), value});
    if (open_.size() == 1) AddMember(value);
    return true;
  }

  bool Start(bool is_object) {
    NextElement();
    if (open_.empty()) out_->is_object = is_object;
    if (open_.size() == kJsonDepth) {
      too_deep_ = true;
      return false;
    }
    // RapidJSON's iterative parser calls before it takes the bracket.
    open_.push_back({is_object, stream_.Tell(), 0, {}});
    return true;
  }

  bool End() {
    const size_t begin = open_.back().begin;
    open_.pop_back();
    if (open_.size() == 1) {
      AddMember(text_.substr(begin, stream_.Tell() + 1 - begin));
    }
    return true;
  }

  void NextElement() {
    if (open_.empty() || open_.back().is_object) return;
    open_.back().step = std::to_string(open_.back().index++);
  }

  void AddMember(std::string_view value) {
    out_->members.push_back(
        {open_[0].step, value, LineOf(text_, stream_.Tell())});
  }

  std::string_view text_;
  const rapidjson::MemoryStream& stream_;
  Arena* arena_;
  JsonText* out_;
  std::vector<Open> open_;
  bool too_deep_ = false;
};

}  // namespace

JsonError ReadJson(std::string_view text, Arena* arena, JsonText* out) {
  using Reader = rapidjson::GenericReader<rapidjson::UTF8<>,
                                          rapidjson::UTF8<>, ArenaAllocator>;
  Arena scratch;
  ArenaAllocator allocator(&scratch);
  Reader reader(&allocator);
  rapidjson::MemoryStream stream(text.data(), text.size());
  Collector collector(text, stream, arena, out);
  constexpr unsigned kFlags = rapidjson::kParseNumbersAsStringsFlag |
                              rapidjson::kParseIterativeFlag |
                              rapidjson::kParseNanAndInfFlag;
  const rapidjson::ParseResult result =
      reader.Parse<kFlags>(stream, collector);
  if (collector.too_deep()) {
    return {"nested deeper than " + std::to_string(kJsonDepth) + " levels",
            LineOf(text, stream.Tell())};
  }
  if (result.IsError()) {
    return {rapidjson::GetParseError_En(result.Code()),
            LineOf(text, result.Offset())};
  }
  return {};
}

}  // namespace maskpipe
