#include "src/fetch/json/document.h"

#include <rapidjson/error/en.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <string>
#include <unordered_set>

namespace maskpipe {
namespace {

constexpr size_t kDepth = 64;

// Whether brackets outside strings nest deeper than kDepth.
bool TooDeep(std::string_view text) {
  size_t depth = 0;
  bool in_string = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') {
        ++i;
      } else if (c == '"') {
        in_string = false;
      }
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      if (++depth > kDepth) return true;
    } else if ((c == '}' || c == ']') && depth > 0) {
      --depth;
    }
  }
  return false;
}

// Whether two members of one object have the same name: readers differ in
// which of them they take.
bool NamesTwice(const rapidjson::Value& value) {
  if (value.IsArray()) {
    return std::any_of(value.Begin(), value.End(), NamesTwice);
  }
  if (!value.IsObject()) return false;
  std::unordered_set<std::string_view> names;
  for (const auto& member : value.GetObject()) {
    const std::string_view name(member.name.GetString(),
                                member.name.GetStringLength());
    if (!names.insert(name).second || NamesTwice(member.value)) return true;
  }
  return false;
}

}  // namespace

Result<JsonDocument> JsonDocument::Parse(std::string_view text) {
  if (TooDeep(text)) {
    return Status::Source("JSON nested deeper than " + std::to_string(kDepth) +
                          " levels");
  }
  JsonDocument json;
  json.document_.Parse<rapidjson::kParseIterativeFlag>(text.data(),
                                                       text.size());
  if (json.document_.HasParseError()) {
    return Status::Source(
        std::string("no valid JSON: ") +
        rapidjson::GetParseError_En(json.document_.GetParseError()) +
        " (byte " + std::to_string(json.document_.GetErrorOffset()) + " of " +
        std::to_string(text.size()) + ")");
  }
  if (NamesTwice(json.document_)) {
    return Status::Source(
        "an object of the JSON has one name twice; which value is meant is "
        "not to be guessed");
  }
  return json;
}

std::string_view JsonDocument::text(const char* name) const {
  return JsonString(document_, name);
}

const rapidjson::Value* JsonDocument::array(const char* name) const {
  return JsonArray(document_, name);
}

std::string_view JsonString(const rapidjson::Value& of, const char* name) {
  if (!of.IsObject()) return {};
  const auto at = of.FindMember(name);
  if (at == of.MemberEnd() || !at->value.IsString()) return {};
  return {at->value.GetString(), at->value.GetStringLength()};
}

const rapidjson::Value* JsonArray(const rapidjson::Value& of,
                                  const char* name) {
  if (!of.IsObject()) return nullptr;
  const auto at = of.FindMember(name);
  return at == of.MemberEnd() || !at->value.IsArray() ? nullptr : &at->value;
}

std::string JsonQuoted(std::string_view text) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  writer.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
  return {buffer.GetString(), buffer.GetSize()};
}

}  // namespace maskpipe
