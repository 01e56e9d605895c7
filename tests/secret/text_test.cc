#include "src/secret/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "src/secret/secret.h"

namespace maskpipe {
namespace {

using ::testing::ElementsAre;

TEST(Text, TrimTakesWhiteSpaceFromBothEnds) {
  EXPECT_EQ(Trim(" \t\r\n a b \v\f\n"), "a b");
  EXPECT_EQ(Trim("\n\n"), "");
  EXPECT_EQ(Trim(""), "");
}

TEST(Text, CharactersAreCodePointsOrBytes) {
  EXPECT_EQ(Characters("abc"), 3u);
  EXPECT_EQ(Characters("p\xc3\xa4ss"), 4u);
  EXPECT_EQ(Characters("\xe6\x97\xa5\xe6\x9c\xac"), 2u);
  EXPECT_EQ(Characters("\xf0\x9f\x98\x80"), 1u);
  EXPECT_EQ(Characters("\xff\xfe"
                       "a"),
            3u);
  EXPECT_EQ(Characters("\xc0\x80"), 2u) << "overlong";
  EXPECT_EQ(Characters("\xed\xa0\x80"), 3u) << "a surrogate";
  EXPECT_EQ(Characters("\xf4\x90\x80\x80"), 4u) << "above U+10FFFF";
  EXPECT_EQ(Characters("\xe2\x82"), 2u) << "cut off";
}

TEST(Text, UnquoteTakesOneMatchingPair) {
  EXPECT_EQ(Unquote("\"ab\""), "ab");
  EXPECT_EQ(Unquote("'ab'"), "ab");
  EXPECT_EQ(Unquote("\"ab'"), "\"ab'");
  EXPECT_EQ(Unquote("\""), "\"");
  EXPECT_EQ(Unquote("ab"), "ab");
}

TEST(Text, LinesEndInCrLfOrBothAndAreTrimmed) {
  EXPECT_THAT(Lines("a\r\n  b \rc\n\n\nd"), ElementsAre("a", "b", "c", "d"));
  EXPECT_THAT(Lines(""), ElementsAre());
}

TEST(Text, PemArmourIsKnown) {
  EXPECT_TRUE(IsPemArmour("-----BEGIN RSA PRIVATE KEY-----"));
  EXPECT_TRUE(IsPemArmour("-----END CERTIFICATE-----"));
  EXPECT_FALSE(IsPemArmour("-----BEGIN and more"));
}

TEST(Text, OneSymbolIsPunctuationOverAndOver) {
  EXPECT_TRUE(IsOneSymbol("-----"));
  EXPECT_TRUE(IsOneSymbol("*"));
  EXPECT_FALSE(IsOneSymbol("aaaaaa"));
  EXPECT_FALSE(IsOneSymbol("--=--"));
  EXPECT_FALSE(IsOneSymbol(""));
}

TEST(Text, DistinctiveLinesHaveADigitBothCasesOrPunctuation) {
  EXPECT_TRUE(IsDistinctive("line1"));
  EXPECT_TRUE(IsDistinctive("MixedCase"));
  EXPECT_TRUE(IsDistinctive("return;"));
  EXPECT_FALSE(IsDistinctive("return"));
  EXPECT_FALSE(IsDistinctive("TWO WORDS"));
}

TEST(Name, PrintsInAFewCharactersAndEnds) {
  EXPECT_EQ(PrintableName("airflow/conn_1.x-y"), "airflow/conn_1.x-y");
  EXPECT_EQ(PrintableName("a b\n\"\xc3\xa4"), "a_b____");
  EXPECT_EQ(PrintableName(std::string(100, 'n')).size(), 64u);
}

}  // namespace
}  // namespace maskpipe
