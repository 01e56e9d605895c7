#include "src/secret/leaf.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace maskpipe {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Not;

const char* Word(Verdict v) {
  static constexpr const char* kWords[] = {"masked",  "alone", "harmless",
                                           "allowed", "short", "skipped",
                                           "symbol",  "empty"};
  return kWords[static_cast<int>(v)];
}

// What becomes of one secret: "name value: verdict" for each leaf.
std::vector<std::string> Judged(const std::string& value,
                                const Rules& rules = {},
                                Secret secret = {.name = "s"}) {
  SecretStore store;
  store.Add(std::move(secret), value);
  std::vector<std::string> out;
  const Leaves leaves = Judge(store, rules);
  for (const Leaf& leaf : leaves.list) {
    out.push_back(leaf.name + " " + std::string(leaf.value) + ": " +
                  Word(leaf.verdict));
  }
  return out;
}

TEST(Judge, TrimsAndAddsTheValueWithoutQuotes) {
  EXPECT_THAT(Judged(" hunter2\n"), ElementsAre("s hunter2: masked"));
  EXPECT_THAT(Judged("'quoted1'"),
              ElementsAre("s 'quoted1': masked", "s quoted1: masked"));
  EXPECT_THAT(Judged("'short'"), ElementsAre("s 'short': masked"));
  EXPECT_THAT(Judged("\"quoted1\""),
              ElementsAre("s \"quoted1\": masked", "s quoted1: masked"));
}

TEST(Judge, CountsCharactersNotBytes) {
  EXPECT_THAT(Judged("\xc3\xa4\xc3\xb6\xc3\xbc\xc3\x9f"),  // four letters
              ElementsAre("s \xc3\xa4\xc3\xb6\xc3\xbc\xc3\x9f: alone"));
}

TEST(Judge, ShortValuesStandAloneOrAreSkippedOrMaskedAnywhere) {
  Rules rules;
  EXPECT_THAT(Judged("root", rules), ElementsAre("s root: alone"));
  EXPECT_THAT(Judged("ab", rules), ElementsAre("s ab: short"));
  EXPECT_THAT(Judged("roots", rules), ElementsAre("s roots: masked"));
  rules.short_secrets = ShortSecrets::kSkip;
  EXPECT_THAT(Judged("root", rules), ElementsAre("s root: skipped"));
  rules.short_secrets = ShortSecrets::kAnywhere;
  EXPECT_THAT(Judged("root", rules), ElementsAre("s root: alone"));
  rules.min_length = 1;
  EXPECT_THAT(Judged("x", rules), ElementsAre("s x: masked"));
  EXPECT_THAT(Judged("--", rules), ElementsAre("s --: masked"));
}

TEST(Judge, RefusesEmptyValuesAndOneSymbol) {
  EXPECT_THAT(Judged(" \n"), ElementsAre("s : empty"));
  EXPECT_THAT(Judged("--------"), ElementsAre("s --------: symbol"));
}

TEST(Judge, OpensJsonAndKeepsTheWhole) {
  EXPECT_THAT(
      Judged(R"({"host":"db","port":5432,"password":"p1 ss","n":[1234567.0]})"),
      ElementsAre(
          R"(s {"host":"db","port":5432,"password":"p1 ss","n":[1234567.0]}: masked)",
          "s/host db: harmless", "s/port 5432: harmless",
          "s/password p1 ss: masked", "s/n/0 1234567.0: masked"));
}

TEST(Judge, ExemptsAWholeInWhichEverythingIsHarmless) {
  EXPECT_THAT(Judged(R"({"host":"db","port":5432})"),
              Contains(R"(s {"host":"db","port":5432}: harmless)"));
  EXPECT_THAT(Judged(R"({"host":"db"})", {}, {.name = "db_password"}),
              Contains(R"(db_password {"host":"db"}: masked)"));
  EXPECT_THAT(Judged("https://api.example.com/v1"),
              ElementsAre("s https://api.example.com/v1: harmless"));
  EXPECT_THAT(Judged("5432"), ElementsAre("s 5432: harmless"));
}

TEST(Judge, ACredentialsKeyOutweighsAHarmlessLookingValue) {
  EXPECT_THAT(Judged(R"({"password":123456,"token_ttl":86400})"),
              Contains("s/password 123456: masked"));
  EXPECT_THAT(Judged(R"({"password":123456,"token_ttl":86400})"),
              Contains("s/token_ttl 86400: harmless"));
}

TEST(Judge, OpensWhatIsInsideAgain) {
  const auto leaves = Judged(
      R"({"extra":"{\"api_key\":\"key-12345\"}","url":"pg://u:pw%21pw@h/d"})");
  EXPECT_THAT(leaves, Contains("s/extra/api_key key-12345: masked"));
  EXPECT_THAT(leaves, Contains("s/url/password pw%21pw: masked"));
  EXPECT_THAT(leaves, Contains("s/url/password pw!pw: masked"));
}

TEST(Judge, OpensDotenvText) {
  const auto leaves = Judged("DB_HOST=db1.internal\nTOKEN='abc def'\n");
  EXPECT_THAT(leaves, Contains("s/TOKEN abc def: masked"));
  // A single line may as well be base64 with its padding.
  EXPECT_THAT(Judged("Zm9vYmFy="), ElementsAre("s Zm9vYmFy=: masked"));
  EXPECT_THAT(Judged("KEY=value1"), Contains("s/value value1: masked"));
}

// As `docker --env-file` leaves the quotes of a dotenv file in the value.
TEST(Judge, OpensAStructuredValueInQuotes) {
  EXPECT_THAT(Judged("'pg://u:quoted-pw@h/d'"),
              Contains("s/password quoted-pw: masked"));
  EXPECT_THAT(Judged("'123456'"), Contains("s 123456: harmless"));
  EXPECT_THAT(Judged("'123456'", {}, {.name = "db_password"}),
              Contains("db_password 123456: masked"));
}

TEST(Judge, ACredentialsNameOutweighsAHarmlessLookingValueToo) {
  for (const char* name : {"db_pass", "card/PIN", "pwd", "api-token"}) {
    EXPECT_THAT(Judged("482913", {}, {.name = name}),
                ElementsAre(std::string(name) + " 482913: masked"));
  }
  EXPECT_THAT(Judged("482913"), ElementsAre("s 482913: harmless"));
}

TEST(Judge, APartOfALargerFileIsJudgedByItsKey) {
  EXPECT_THAT(Judged("3600", {}, {.name = "my-secret/ttl", .key = "ttl"}),
              ElementsAre("my-secret/ttl 3600: harmless"));
  EXPECT_THAT(Judged("3600", {}, {.name = "x/password", .key = "password"}),
              ElementsAre("x/password 3600: alone"));
}

TEST(Judge, MaskAllKnowsNothingHarmless) {
  Rules rules;
  rules.mask_all = true;
  const auto leaves = Judged(R"({"host":"db.internal","port":5432})", rules);
  EXPECT_THAT(leaves, Contains("s/host db.internal: masked"));
  EXPECT_THAT(leaves, Contains("s/port 5432: alone"));
}

TEST(Judge, TheAllowListWinsByValueAndByName) {
  Rules rules;
  rules.allow.Add("prod-cluster\nname:s/schema\n");
  const auto leaves = Judged(
      R"({"a":"prod-cluster","schema_x":"y12345","schema":"z12345"})", rules);
  EXPECT_THAT(leaves, Contains("s/a prod-cluster: allowed"));
  EXPECT_THAT(leaves, Contains("s/schema_x y12345: masked"));
  EXPECT_THAT(leaves, Contains("s/schema z12345: allowed"));
  EXPECT_THAT(Judged("airflow"), ElementsAre("s airflow: allowed"));
}

TEST(Judge, LinesOfAMultiLineSecretAreSecretsButNotCommonOnes) {
  const auto leaves = Judged(
      "-----BEGIN KEY-----\nMIIEow1\n  MIIEow2  \r\nreturn\n{\nab1\n-----\n"
      "-----END KEY-----");
  EXPECT_THAT(leaves, Contains("s MIIEow1: masked"));
  EXPECT_THAT(leaves, Contains("s MIIEow2: masked"));
  EXPECT_EQ(leaves.size(), 3u);  // and the whole
}

TEST(Judge, WithAnywhereEveryLineOfTheLeastLengthCounts) {
  Rules rules;
  rules.short_secrets = ShortSecrets::kAnywhere;
  rules.min_length = 3;
  const auto leaves = Judged("return\n{\nend", rules);
  EXPECT_THAT(leaves, Contains("s return: masked"));
  EXPECT_THAT(leaves, Contains("s end: masked"));
  EXPECT_EQ(leaves.size(), 3u);
}

TEST(Judge, UrisInUrisDoNotMultiplyWithoutBound) {
  std::string value = "core";
  for (int i = 0; i < 12; ++i) {
    std::string encoded;
    for (char c : value) {
      if (c == '%' || c == '+' || c == ':' || c == '/' || c == '?' ||
          c == '=') {
        constexpr char kHex[] = "0123456789ABCDEF";
        encoded += '%';
        encoded += kHex[c >> 4];
        encoded += kHex[c & 15];
      } else {
        encoded += c;
      }
    }
    value = "u://h?a=+" + encoded;
    if (value.size() > 3000) break;
  }
  EXPECT_LE(Judged(value).size(), 100u);
}

TEST(Judge, TheFirstHalfOfAnAssignmentIsNoNameToPrint) {
  EXPECT_THAT(Judged("c2VjcmV0dG9rZW5BQUFB=abcdefgh"),
              Contains("s/value abcdefgh: masked"));
}

TEST(Judge, HarmlessLinesOfPrettyPrintedJsonStay) {
  const auto leaves =
      Judged("{\n  \"host\": \"db.internal\",\n  \"pw\": \"a\\tb-secret\"\n}");
  EXPECT_THAT(leaves, Contains("s \"pw\": \"a\\tb-secret\": masked"));
  EXPECT_THAT(leaves, Not(Contains("s \"host\": \"db.internal\",: masked")));
}

TEST(Judge, AnEmptyKeyIsAKey) {
  EXPECT_THAT(Judged("{\"host\":{\"\":\"emptykey-secret\"}}"),
              Contains("s/host/ emptykey-secret: masked"));
}

TEST(Judge, WhatSomebodyAddedIsNeitherOpenedNorHarmless) {
  const Secret added{.name = "s", .open = false, .certain = true};
  EXPECT_THAT(Judged("5432", {}, added), ElementsAre("s 5432: alone"));
  EXPECT_THAT(Judged(R"({"a":"bcdef"})", {}, added),
              ElementsAre(R"(s {"a":"bcdef"}: masked)"));
}

TEST(Judge, OpeningEndsHoweverDeepValuesHoldValues) {
  std::string value = "core-value";
  for (int i = 0; i < 40; ++i) {
    std::string quoted;
    for (char c : value) {
      if (c == '"' || c == '\\') quoted += '\\';
      quoted += c;
    }
    if (quoted.size() > 100000) break;
    value = "{\"k\":\"" + quoted + "\"}";
  }
  EXPECT_THAT(Judged(value), Contains("s/k/k/k core-value: masked").Times(0));
  EXPECT_LE(Judged(value).size(), 18u);
}

}  // namespace
}  // namespace maskpipe
