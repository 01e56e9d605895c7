#include "src/fetch/json/document.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace maskpipe {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(JsonDocument, MembersOfAnotherTypeCountAsMissing) {
  Result<JsonDocument> json = JsonDocument::Parse(
      R"({"text":"a\u0000b","null":null,"number":1,"list":[1],"object":{}})");
  ASSERT_TRUE(json.ok());
  EXPECT_EQ(json->text("text"), std::string_view("a\0b", 3));
  for (const char* name : {"null", "number", "list", "object", "none"}) {
    EXPECT_EQ(json->text(name), "") << name;
  }
  EXPECT_NE(json->array("list"), nullptr);
  for (const char* name : {"null", "number", "text", "object", "none"}) {
    EXPECT_EQ(json->array(name), nullptr) << name;
  }
}

TEST(JsonDocument, WhatIsNoObjectHasNoMembers) {
  for (const char* text : {"[]", "1", "null", "\"text\""}) {
    Result<JsonDocument> json = JsonDocument::Parse(text);
    ASSERT_TRUE(json.ok()) << text;
    EXPECT_EQ(json->text("a"), "");
    EXPECT_EQ(json->array("a"), nullptr);
  }
}

TEST(JsonDocument, BrokenTextIsRefusedWithoutBeingShown) {
  for (const std::string text :
       {"", "{", "{\"MARKER\":", "{\"a\":\"MARKER", "MARKER", "{} MARKER",
        "<html>MARKER</html>", "{\"a\":MARKER}"}) {
    const Result<JsonDocument> json = JsonDocument::Parse(text);
    ASSERT_FALSE(json.ok()) << text;
    EXPECT_THAT(json.status().message(), HasSubstr("JSON"));
    EXPECT_THAT(json.status().message(), Not(HasSubstr("MARKER")));
  }
}

TEST(JsonDocument, ANameThatStandsTwiceIsRefusedWithoutBeingShown) {
  for (const char* text : {R"({"MARKER":1,"MARKER":2})",
                           R"([{"a":{"MARKER":1,"b":2,"MARKER":1}}])",
                           R"({"MARKER":1,"MARK\u0045R":1})"}) {
    const Result<JsonDocument> json = JsonDocument::Parse(text);
    ASSERT_FALSE(json.ok()) << text;
    EXPECT_THAT(json.status().message(), HasSubstr("one name twice"));
    EXPECT_THAT(json.status().message(), Not(HasSubstr("MARKER")));
  }
  EXPECT_TRUE(
      JsonDocument::Parse(R"({"a":{"a":1},"b":[{"a":1},{"a":1}]})").ok());
}

TEST(JsonDocument, DepthIsLimited) {
  const auto nested = [](size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_TRUE(JsonDocument::Parse(nested(64)).ok());
  EXPECT_FALSE(JsonDocument::Parse(nested(65)).ok());
  EXPECT_FALSE(JsonDocument::Parse(nested(1000000)).ok());
  EXPECT_FALSE(JsonDocument::Parse(std::string(1000000, '[')).ok());
  // Brackets within strings are none.
  EXPECT_TRUE(
      JsonDocument::Parse("\"\\\"" + std::string(1000, '[') + "\"").ok());
}

TEST(JsonDocument, QuotedTextIsReadAsItWas) {
  for (const std::string& text :
       {std::string("plain"), std::string("q\"b\\n\n\t\0x", 9),
        std::string("\xc3\xbc \xf0\x9f\x94\x91"), std::string()}) {
    Result<JsonDocument> json =
        JsonDocument::Parse("{\"a\":" + JsonQuoted(text) + "}");
    ASSERT_TRUE(json.ok());
    EXPECT_EQ(json->text("a"), text);
  }
}

}  // namespace
}  // namespace maskpipe
