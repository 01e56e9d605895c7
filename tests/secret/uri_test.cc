#include "src/secret/uri.h"

#include <gtest/gtest.h>

namespace maskpipe {
namespace {

std::string Parts(std::string_view uri) {
  Arena arena;
  std::string all;
  for (const UriPart& p : OpenUri(uri, &arena)) {
    all += p.name + (p.is_query ? "?" : "") + "=" + std::string(p.value) + "|";
  }
  return all;
}

TEST(Uri, IsASchemeAndAuthorityOnOneLine) {
  EXPECT_TRUE(IsUri("postgresql+psycopg2://u:p@h/db"));
  EXPECT_TRUE(IsUri("google_cloud_platform://?x=1"));
  EXPECT_FALSE(IsUri("://x"));
  EXPECT_FALSE(IsUri("http://"));
  EXPECT_FALSE(IsUri("1http://x"));
  EXPECT_FALSE(IsUri("see http://x"));
  EXPECT_FALSE(IsUri("http://x\nhttp://y"));
}

TEST(Uri, GivesThePasswordAsWrittenAndDecoded) {
  EXPECT_EQ(Parts("postgres://user:secret@host:5432/db"), "password=secret|");
  EXPECT_EQ(Parts("postgres://user:p%40ss%2Fw@host"),
            "password=p%40ss%2Fw|password=p@ss/w|");
}

TEST(Uri, GivesTheUserWhereThereIsNoPassword) {
  EXPECT_EQ(Parts("https://ghp_token@github.com/org"), "user=ghp_token|");
  EXPECT_EQ(Parts("https://ghp_token:@github.com/org"), "user=ghp_token|");
  EXPECT_EQ(Parts("redis://:secret@cache:6379/0"), "password=secret|");
}

// The last '@' ends the user information and the first ':' splits it, so a
// password that somebody forgot to encode is still found.
TEST(Uri, FindsAPasswordWithRawReservedCharacters) {
  EXPECT_NE(
      Parts("postgres://u:p@ss:w/o?r#d@host/db").find("password=p@ss:w/o?r#d|"),
      std::string::npos);
}

// Here RFC 3986 and whoever forgot to encode mean different things.
TEST(Uri, FindsTheQueryBehindAPortAlsoWithAnAtSign) {
  const std::string parts =
      Parts("https://api:8443/v1?user=bob@example.com&token=SecretTok1");
  EXPECT_NE(parts.find("token?=SecretTok1|"), std::string::npos) << parts;
  EXPECT_NE(Parts("https://h:80/p?next=http://u:inner-pw@h2/")
                .find("next?=http://u:inner-pw@h2/|"),
            std::string::npos);
}

TEST(Uri, ReadsPropertiesOfJdbc) {
  EXPECT_TRUE(IsUri("jdbc:postgresql://db:5432/x?password=p1"));
  EXPECT_EQ(Parts("jdbc:postgresql://db:5432/x?user=etl&password=pg-pw"),
            "user?=etl|password?=pg-pw|");
  EXPECT_EQ(Parts("jdbc:sqlserver://db:1433;user=sa;password=ms-pw"),
            "user?=sa|password?=ms-pw|");
}

TEST(Uri, LeavesAnAtSignInThePathAlone) {
  EXPECT_EQ(Parts("https://host/@scope/package"), "");
}

TEST(Uri, GivesQueryValuesWithPlusAsWrittenAndAsBlank) {
  EXPECT_EQ(Parts("aws://?key=a+b%2Fc&empty=&flag&x=1"),
            "key?=a+b%2Fc|key?=a+b/c|key?=a b/c|x?=1|");
}

TEST(Uri, GivesPathSegmentsThatLookLikeTokensAndTheFragment) {
  EXPECT_EQ(Parts("https://hooks.example.com/services/T0ab/x/"
                  "abcdefghijklmnop#frag"),
            "path=T0ab|path=abcdefghijklmnop|fragment=frag|");
  EXPECT_EQ(Parts("https://host/api/v1/users"), "");
}

}  // namespace
}  // namespace maskpipe
