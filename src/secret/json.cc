#include "src/secret/json.h"

#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <algorithm>
#include <charconv>
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
  const auto end =
      text.begin() + static_cast<ptrdiff_t>(std::min(offset, text.size()));
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
      if (&o != &open_.front()) path += '/';
      path.append(o.step, 0, kJsonStep);
      if (o.is_object) key = o.step;
    }
    out_->leaves.push_back({std::move(path), std::move(key), value});
    if (open_.size() == 1) AddMember(value);
    return true;
  }

  bool Start(bool is_object) {
    NextElement();
    if (open_.empty()) {
      out_->is_object = is_object;
      out_->is_collection = true;
    }
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
    // Counted on from the last member, not from the start.
    line_ += LineOf(text_.substr(counted_), stream_.Tell() - counted_) - 1;
    counted_ = stream_.Tell();
    out_->members.push_back({open_[0].step, value, line_});
  }

  std::string_view text_;
  const rapidjson::MemoryStream& stream_;
  Arena* arena_;
  JsonText* out_;
  std::vector<Open> open_;
  bool too_deep_ = false;
  size_t counted_ = 0;  // up to where lines are counted
  size_t line_ = 1;     // there
};

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

// The code unit of the \uXXXX at the start of `text`; -1: none is there.
int CodeUnit(std::string_view text) {
  if (text.size() < 6 || text[0] != '\\' || text[1] != 'u') return -1;
  int unit = 0;
  const auto [end, error] =
      std::from_chars(text.data() + 2, text.data() + 6, unit, 16);
  return error == std::errc() && end == text.data() + 6 ? unit : -1;
}

// `text` with \ufffd for each escape of half a surrogate pair, which RapidJSON
// refuses; the same length, so that offsets stay.
std::string_view WithoutHalfPairs(std::string_view text, Arena* arena) {
  constexpr std::string_view kReplacement = "\\ufffd";
  if (text.find("\\ud") == text.npos && text.find("\\uD") == text.npos) {
    return text;
  }
  char* out = static_cast<char*>(arena->allocate(text.size(), 1));
  std::memcpy(out, text.data(), text.size());
  for (size_t i = 0; i + 1 < text.size(); ++i) {
    if (text[i] != '\\') continue;
    const int unit = CodeUnit(text.substr(i));
    const bool high = unit >= 0xd800 && unit <= 0xdbff;
    const bool low = unit >= 0xdc00 && unit <= 0xdfff;
    const int next = high ? CodeUnit(text.substr(i + 6)) : -1;
    if (high && next >= 0xdc00 && next <= 0xdfff) {
      i += 11;  // a whole pair
    } else if (high || low) {
      std::memcpy(out + i, kReplacement.data(), kReplacement.size());
      i += 5;
    } else {
      ++i;  // the escaped character, which may be a backslash
    }
  }
  return {out, text.size()};
}

}  // namespace

JsonError ReadJson(std::string_view text, Arena* arena, JsonText* out) {
  using Reader = rapidjson::GenericReader<rapidjson::UTF8<>, rapidjson::UTF8<>,
                                          ArenaAllocator>;
  Arena scratch;
  if (text.starts_with(kByteOrderMark)) {
    text.remove_prefix(kByteOrderMark.size());
  }
  text = WithoutHalfPairs(text, arena);
  ArenaAllocator allocator(&scratch);
  Reader reader(&allocator);
  rapidjson::MemoryStream stream(text.data(), text.size());
  Collector collector(text, stream, arena, out);
  constexpr unsigned kFlags = rapidjson::kParseNumbersAsStringsFlag |
                              rapidjson::kParseIterativeFlag |
                              rapidjson::kParseNanAndInfFlag;
  const rapidjson::ParseResult result = reader.Parse<kFlags>(stream, collector);
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
