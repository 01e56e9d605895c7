#include "src/secret/json.h"

#include <gtest/gtest.h>

namespace maskpipe {
namespace {

struct Read {
  explicit Read(std::string text_) : text(std::move(text_)) {
    error = ReadJson(text, &arena, &json);
  }
  std::string text;
  Arena arena;
  JsonText json;
  JsonError error;
};

TEST(Json, GivesEveryLeafWithItsPathAndKey) {
  const Read r(R"({"a":{"b":[1,{"c":"x"}],"d":null},"e":"\u00e9\n","f":true})");
  ASSERT_EQ(r.error.what, "");
  std::string all;
  for (const JsonLeaf& leaf : r.json.leaves) {
    all += leaf.path + " " + leaf.key + " " + std::string(leaf.value) + "|";
  }
  EXPECT_EQ(all, "a/b/0 b 1|a/b/1/c c x|a/d d null|e e \xc3\xa9\n|f f true|");
}

TEST(Json, KeepsNumbersAsTheyAreWrittenAndEveryDuplicate) {
  const Read r(R"({"n":1234567.50,"n":8391027465520193,"n":-0e10,"x":NaN})");
  ASSERT_EQ(r.error.what, "");
  ASSERT_EQ(r.json.leaves.size(), 4u);
  EXPECT_EQ(r.json.leaves[0].value, "1234567.50");
  EXPECT_EQ(r.json.leaves[1].value, "8391027465520193");
  EXPECT_EQ(r.json.leaves[2].value, "-0e10");
}

TEST(Json, GivesMembersWithTheRawTextOfWhatIsNested) {
  const Read r("{\"a\": {\"b\": [1, 2]} ,\n \"c\":\"d\", \"e\":[ [] ]}");
  ASSERT_EQ(r.error.what, "");
  ASSERT_EQ(r.json.members.size(), 3u);
  EXPECT_TRUE(r.json.is_object);
  EXPECT_EQ(r.json.members[0].name, "a");
  EXPECT_EQ(r.json.members[0].value, "{\"b\": [1, 2]}");
  EXPECT_EQ(r.json.members[1].value, "d");
  EXPECT_EQ(r.json.members[1].line, 2u);
  EXPECT_EQ(r.json.members[2].value, "[ [] ]");
}

TEST(Json, NamesTheElementsOfAnArrayByNumber) {
  const Read r(R"(["x",["y"],"z"])");
  ASSERT_EQ(r.json.members.size(), 3u);
  EXPECT_FALSE(r.json.is_object);
  EXPECT_EQ(r.json.members[2].name, "2");
  EXPECT_EQ(r.json.members[2].value, "z");
}

TEST(Json, SaysWhatIsWrongAndOnWhichLineButNothingOfTheText) {
  for (const char* text :
       {"{\"a\":\n \"MARKER", "{\"a\":\n MARKER}", "{\"a\":\n 1} MARKER", ""}) {
    const Read r(text);
    EXPECT_NE(r.error.what, "") << text;
    EXPECT_EQ(r.error.what.find("MARKER"), std::string::npos);
    EXPECT_EQ(r.error.line, *text == '\0' ? 1u : 2u) << text;
  }
}

TEST(Json, RefusesWhatIsNestedTooDeep) {
  EXPECT_EQ(Read(std::string(64, '[') + std::string(64, ']')).error.what, "");
  const Read r(std::string(100000, '['));
  EXPECT_NE(r.error.what.find("deeper"), std::string::npos);
}

TEST(Json, DecodesHalfASurrogatePairAsPythonAccepts) {
  const Read r(
      R"({"a":"\ud800x","b":"\udfff","c":"\ud83d\ude00","d":"\\ud800"})");
  ASSERT_EQ(r.error.what, "");
  EXPECT_EQ(r.json.leaves[0].value, "\xef\xbf\xbdx");
  EXPECT_EQ(r.json.leaves[1].value, "\xef\xbf\xbd");
  EXPECT_EQ(r.json.leaves[2].value, "\xf0\x9f\x98\x80");
  EXPECT_EQ(r.json.leaves[3].value, "\\ud800");
}

TEST(Json, SkipsAByteOrderMark) {
  EXPECT_EQ(Read("\xef\xbb\xbf{\"a\":1}").json.leaves.size(), 1u);
}

TEST(Json, ManyMembersAndLongKeysCostNoMoreThanTheirBytes) {
  std::string text = "{\"" + std::string(100000, 'k') + "\":[";
  for (int i = 0; i < 5000; ++i) text += (i == 0 ? "" : ",") + std::string("1");
  text += "]";
  for (int i = 0; i < 50000; ++i) text += ",\n\"k" + std::to_string(i) + "\":1";
  const Read r(text + "}");
  ASSERT_EQ(r.error.what, "");
  EXPECT_EQ(r.json.members.back().line, 50001u);
  EXPECT_LT(r.json.leaves[0].path.size(), 200u);
}

TEST(Json, TakesInvalidUtf8AsItIs) {
  const Read r("{\"a\":\"\xff\xfe\"}");
  ASSERT_EQ(r.error.what, "");
  EXPECT_EQ(r.json.leaves[0].value, "\xff\xfe");
}

}  // namespace
}  // namespace maskpipe
