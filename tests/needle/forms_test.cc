#include "src/needle/forms.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "src/needle/base64.h"

namespace maskpipe {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

FormOptions Only(bool base64, bool hex, bool spellings) {
  return {.base64 = base64, .hex = hex, .spellings = spellings};
}

// The distinct needles, hexadecimal ones marked.
std::vector<std::string> NeedlesOf(const std::string& value,
                                   const FormOptions& options) {
  SecretStore store;
  store.Add({.name = "s", .open = false, .certain = true}, value);
  const Leaves leaves = Judge(store, Rules());
  std::vector<std::string> needles;
  const Needles made = MakeNeedles(leaves, options);
  for (const Needle& n : made.list) {
    std::string text(n.bytes);
    if (n.writing == Writing::kHex) text = "hex of " + text;
    if (std::find(needles.begin(), needles.end(), text) == needles.end()) {
      needles.push_back(text);
    }
  }
  return needles;
}

TEST(Forms, AValueOnOneLineIsOneNeedle) {
  EXPECT_THAT(NeedlesOf("hunter2", Only(false, false, true)),
              ElementsAre("hunter2"));
}

TEST(Forms, LinesAreJoinedAndWhiteSpaceAroundABreakIsOneLineFeed) {
  EXPECT_THAT(NeedlesOf("one 1\r\n  two 2", Only(false, false, true)),
              UnorderedElementsAre("one 1\ntwo 2", "one 1  two 2", "one 1two 2",
                                   "one 1", "two 2"));
}

// What a user asks for who knows that nothing is re-encoded: the bytes and, of
// several lines, each.
TEST(Forms, PlainMeansTheBytesAsTheyAre) {
  const FormOptions plain = Only(false, false, false);
  EXPECT_THAT(NeedlesOf("tr0ub%34dor\\^x", plain),
              ElementsAre("tr0ub%34dor\\^x"));
  EXPECT_THAT(NeedlesOf("one 1\r\n  two 2", plain),
              UnorderedElementsAre("one 1\r\n  two 2", "one 1", "two 2"));
}

// Else every line that ends in a brace would be held back.
TEST(Forms, OuterLinesWithoutALetterAreNoPartOfTheWhole) {
  EXPECT_THAT(
      NeedlesOf("{\n  [\n  \"key\": 12345\n}", Only(false, false, true)),
      Contains("\"key\": 12345"));
  EXPECT_THAT(NeedlesOf("{\n  \"key\": 12345\n}", Only(false, false, true)),
              Not(Contains("{\n\"key\": 12345\n}")));
}

TEST(Forms, WhatIsNotMaskedGivesNone) {
  EXPECT_THAT(NeedlesOf("ab", FormOptions()), ElementsAre());
}

TEST(Forms, AValueThatWasReadOnceMore) {
  EXPECT_THAT(NeedlesOf("C:\\temp\\x41bc", Only(false, false, true)),
              UnorderedElementsAre("C:\\temp\\x41bc",
                                   "C:\temp\x41"
                                   "bc",
                                   "C:tempx41bc"));
  EXPECT_THAT(NeedlesOf("100%25sure", Only(false, false, true)),
              UnorderedElementsAre("100%25sure", "100%sure"));
  EXPECT_THAT(NeedlesOf("a^^b^c^d", Only(false, false, true)),
              UnorderedElementsAre("a^^b^c^d", "a^bcd"));
}

// RFC 4648, 10, and what stays of it when its ends are unknown.
TEST(Base64, AlignmentsKeepWhatTheValueDetermines) {
  const auto core = [](std::string_view value, size_t before) {
    return EncodeBase64(value, before, Base64Alphabet::kStandard);
  };
  EXPECT_EQ(core("foobar", 0).core, "Zm9vYmFy");
  EXPECT_EQ(
      core("fooba", 0).core + core("fooba", 0).last + core("fooba", 0).padding,
      "Zm9vYmE=");
  EXPECT_EQ(core("fooba", 0).core, "Zm9vYm");
  EXPECT_EQ(core("oobar", 1).core, "9vYmFy");
  EXPECT_EQ(core("obar", 2).core, "vYmFy");
  EXPECT_EQ(EncodeBase64("\xff\xef\xbe", 0, Base64Alphabet::kUrl).core, "_---");
  EXPECT_EQ(core("\xff\xef\xbe", 0).core, "/+++");
}

TEST(Forms, Base64AtAllAlignmentsAndOnceMoreAndHex) {
  const std::vector<std::string> made =
      NeedlesOf("tr0ub4dor", Only(true, true, true));
  for (const char* form :
       {"dHIwdWI0ZG9y", "hex of tr0ub4dor",
        // behind one and two other bytes, without what these determine
        "RyMHViNGRvc", "0cjB1YjRkb3"}) {
    EXPECT_THAT(made, Contains(std::string(form)));
  }
  // base64 of dHIwdWI0ZG9y, at its first alignment
  EXPECT_THAT(made, Contains(std::string("ZEhJd2RXSTBaRzl5")));
}

TEST(Forms, TooShortFormsAreLeftOut) {
  EXPECT_THAT(NeedlesOf("xyz", Only(true, true, true)), ElementsAre("xyz"));
}

}  // namespace
}  // namespace maskpipe
