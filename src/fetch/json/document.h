// JSON answers as a tree, for what is no secret as a whole: the frame around
// values. Depth at most 64, so that no walk runs out of stack.
//
//   Result<JsonDocument> answer = JsonDocument::Parse(text);
//   std::string_view token = answer->text("NextToken");

#pragma once

#include <rapidjson/document.h>

#include <string_view>

#include "src/base/status.h"

namespace maskpipe {

class JsonDocument {
 public:
  // Fails where `text` is no JSON, nested too deep or has a name twice in one
  // object; the message says where and shows nothing of it.
  static Result<JsonDocument> Parse(std::string_view text);

  const rapidjson::Value& root() const { return document_; }

  // A member of the outermost object. Empty, or null, where it is missing or of
  // another type (a server may say "NextToken": null).
  std::string_view text(const char* name) const;
  const rapidjson::Value* array(const char* name) const;

 private:
  rapidjson::Document document_;
};

// The same of any value.
std::string_view JsonString(const rapidjson::Value& of, const char* name);
const rapidjson::Value* JsonArray(const rapidjson::Value& of, const char* name);

// A JSON string of `text`, quotes included.
std::string JsonQuoted(std::string_view text);

}  // namespace maskpipe
