#include "src/detect/detectors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <random>

#include "tests/detect/detect_oracle.h"

namespace maskpipe {
namespace {

std::shared_ptr<const Detectors> Compiled(const std::vector<Rule>& rules) {
  auto compiled = Detectors::Compile(rules);
  EXPECT_TRUE(compiled.ok()) << compiled.status().message();
  return *compiled;
}

std::vector<Rule> Patterns(const std::vector<std::string>& patterns) {
  std::vector<Rule> rules;
  for (size_t i = 0; i < patterns.size(); ++i) {
    rules.push_back({.name = "p" + std::to_string(i), .pattern = patterns[i]});
  }
  return rules;
}

const std::vector<Rule>& AllRules() {
  static const std::vector<Rule> rules = [] {
    const std::vector<std::string> names = {
        "password", "passwd",     "secret",     "token",
        "api_key",  "passphrase", "access_key", "private_key"};
    return RulePack(names);
  }();
  return rules;
}

// One stream that keeps what its cursor asks for and no byte more.
class Reader {
 public:
  explicit Reader(const Detectors* detectors)
      : detectors_(detectors), cursor_(0) {}

  void Write(std::string_view bytes) {
    buffer_ += bytes;
    masked_.resize(offset_ + buffer_.size());
    Run(false);
  }
  void Finish() { Run(true); }

  uint64_t held() const { return masked_.size() - cursor_.pending(); }
  uint64_t end() const { return masked_.size(); }
  const std::vector<bool>& masked() const { return masked_; }

 private:
  void Run(bool last) {
    const uint64_t released = cursor_.pending();
    const Window window{buffer_, offset_};
    const auto mark = [&](const Span& s) {
      // What was released cannot be masked any more.
      EXPECT_GE(s.begin, released)
          << detectors_->names()[s.secret] << " in " << buffer_;
      EXPECT_LE(s.end, masked_.size());
      for (uint64_t i = s.begin; i < s.end; ++i) masked_[i] = true;
    };
    if (last) {
      detectors_->Finish(window, &cursor_, mark);
      return;
    }
    detectors_->Scan(window, &cursor_, mark);
    EXPECT_GE(cursor_.pending(), released);
    EXPECT_LE(cursor_.keep(), cursor_.pending());
    EXPECT_GE(cursor_.keep(), offset_);
    buffer_.erase(0, cursor_.keep() - offset_);
    buffer_.shrink_to_fit();  // so that a sanitizer sees what is read behind
    offset_ = cursor_.keep();
  }

  const Detectors* detectors_;
  Detectors::Cursor cursor_;
  std::string buffer_;
  uint64_t offset_ = 0;
  std::vector<bool> masked_;
};

using oracle::Show;

std::string Masked(const Detectors& detectors, std::string_view text,
                   const std::vector<size_t>& cuts = {}) {
  Reader reader(&detectors);
  size_t begin = 0;
  for (size_t cut : cuts) {
    reader.Write(text.substr(begin, cut - begin));
    begin = cut;
  }
  reader.Write(text.substr(begin));
  reader.Finish();
  return Show(text, reader.masked());
}

std::string MaskedByteByByte(const Detectors& detectors,
                             std::string_view text) {
  std::vector<size_t> cuts(text.size());
  for (size_t i = 0; i < cuts.size(); ++i) cuts[i] = i;
  return Masked(detectors, text, cuts);
}

// In all cuts in two, and byte by byte.
void ExpectMasked(const std::vector<Rule>& rules, std::string_view text,
                  std::string_view expected) {
  const auto detectors = Compiled(rules);
  for (size_t cut = 0; cut <= text.size(); ++cut) {
    ASSERT_EQ(Masked(*detectors, text, {cut}), expected) << "cut at " << cut;
  }
  ASSERT_EQ(MaskedByteByByte(*detectors, text), expected);
}

void ExpectAsRe2(const std::vector<Rule>& rules, std::string_view text) {
  ExpectMasked(rules, text, Show(text, oracle::Marked(rules, text)));
}

TEST(Detectors, OnlyTheGroupNamedSecretIsMasked) {
  ExpectMasked(Patterns({"key=(?P<secret>[a-z]+);"}), "a key=abc; key=; key=d",
               "a key=<*>; key=; key=d");
}

TEST(Detectors, AgreeWithRe2HoweverTheTextIsCut) {
  const std::vector<std::vector<std::string>> sets = {
      {"tok_[a-z]{3}"},
      {"tok_[a-z]{2,4}"},
      {R"(\btok_[a-z]+\b)"},
      {"(?:foo|bar)_[0-9]+"},
      {"foo_(?P<secret>[0-9]+)x"},
      {"foo(?:_[0-9]+)?"},
      {"foo.*bar"},
      {"foo.*?bar"},
      {"foo(?P<secret>a|ab)(?:c|bcd)"},
      {"(?i)foo(?P<secret>[a-z]+)"},
      {"(?i)foo[a-z]{2}"},
      {R"(foo\s*=\s*["']?(?P<secret>[^\s"']+))"},
      {"[a-z]+foo=(?P<secret>[0-9]+)"},
      {"[0-9]{2}-bar"},
      {"^foo", "bar$"},
      {R"(foo\b(?P<secret>[^x]+)$)"},
      {"x|foo"},
      {"[0-9]+"},
      {"foo(?P<secret>x*)"},
      {"foo", "oo_", "foo_1"},
      {"(?:(?P<secret>foo)|bar)_"},
      {R"(tok_[a-z]{2}\B[a-z])"},  // what \B says is known later
  };
  const std::vector<std::string> texts = {
      "tok_abc tok_ab\ntok_abcde tok_tok_abc xtok_abc",
      "foo_12x bar_3\nfoo_ bar_44 foo_foo_5x",
      "foobcd fooabcd fooabc fooab c",
      "FOOabc fOo x",
      "foo = \"abc\" foo='x foo=   y\nfoo =\n= z",
      "xfoo=12 foo=3 yfoo=\n12-bar 3-bar 45-bar",
      "foo\nfoo bar\nbar\n\nbarfoo",
      "foo bar foo bar foo",
      "foo x foo\x80\xff foo",
      "foofoo_1 foo_1oo_"};
  for (const auto& set : sets) {
    for (const std::string& text : texts) {
      SCOPED_TRACE(set[0] + " in " + text);
      ExpectAsRe2(Patterns(set), text);
      if (testing::Test::HasFatalFailure()) return;
    }
  }
}

// Lines made of what rules look for, and of pieces of that.
TEST(Detectors, AllRulesAgreeWithRe2HoweverTheTextIsCut) {
  constexpr const char* kPieces[] = {"password",
                                     "token",
                                     "--db-",
                                     "secret",
                                     "=",
                                     ": ",
                                     "\"",
                                     "'",
                                     "\\\"",
                                     " ",
                                     "  ",
                                     "\n",
                                     "://",
                                     "user",
                                     ":",
                                     "@host",
                                     "AKIA",
                                     "ABCDEFGH",
                                     "234567ZY",
                                     "ghp_",
                                     "sk-ant-api03-",
                                     "0123456789abcdef",
                                     "eyJ",
                                     "hbGciOiJIUzI1",
                                     ".",
                                     "-",
                                     "_",
                                     "&sig=",
                                     "?token=",
                                     "Authorization: ",
                                     "Bearer ",
                                     "mysql -u x -p",
                                     "curl -u a:",
                                     "http",
                                     "\r\n",
                                     "\xff",
                                     "x",
                                     "Basic ",
                                     "glpat-",
                                     "AccountKey=",
                                     "SG.",
                                     "/"};
  const auto detectors = Compiled(AllRules());
  std::mt19937 random(20261124);
  for (int round = 0; round < 400; ++round) {
    std::string text;
    for (int i = 0; i < 14; ++i) text += kPieces[random() % std::size(kPieces)];
    const std::string expected = Show(text, oracle::Marked(AllRules(), text));
    ASSERT_EQ(MaskedByteByByte(*detectors, text), expected) << text;
    for (int cut = 0; cut < 4; ++cut) {
      ASSERT_EQ(Masked(*detectors, text, {random() % (text.size() + 1)}),
                expected)
          << text;
    }
  }
}

// What is withheld after each byte of a text; the same for all that follow.
std::vector<uint64_t> Held(const std::vector<Rule>& rules,
                           std::string_view text) {
  const auto detectors = Compiled(rules);
  Reader reader(detectors.get());
  std::vector<uint64_t> held;
  for (char c : text) {
    reader.Write({&c, 1});
    held.push_back(reader.held());
  }
  return held;
}

TEST(Detectors, HoldBackFromTheAtomOnWhileThePatternCanGrow) {
  using testing::ElementsAre;
  EXPECT_THAT(Held(Patterns({"tok_[a-z]{2}"}), "a to tok_ab x"),
              ElementsAre(0, 0, 1, 2, 0, 1, 2, 3, 4, 5, 6, 0, 0));
  // What cannot go on is let go at once, also within the line.
  EXPECT_THAT(Held(Patterns({"tok_[a-z]{2}"}), "tok_a9"),
              ElementsAre(1, 2, 3, 4, 5, 0));
  // Of what stands before the secret nothing is withheld.
  EXPECT_THAT(Held(Patterns({R"(pass: *(?P<secret>[^ ]+))"}), "pass:  ab "),
              ElementsAre(0, 0, 0, 0, 0, 0, 0, 1, 2, 0));
}

TEST(Detectors, ABlockIsMaskedAlikeAtEveryCut) {
  const std::string body =
      "MC4CAQAwBQYDK2VwBCIEIGzyJ7Qhd1yX2B8nQyq5Wm0sD9vR3tUe4LkPaYfHcX1i";
  for (const std::string prefix : {"", "  ", "[12:00:01] INFO - "}) {
    for (const std::string end : {"\n", "\r\n"}) {
      const std::string text = "a" + end + prefix +
                               "-----BEGIN PRIVATE KEY-----" + end + prefix +
                               body + end + prefix + "Zm9v" + end + prefix +
                               "-----END PRIVATE KEY-----" + end + "b" + end;
      const std::string mask = end + prefix + "<*>";
      ExpectMasked(AllRules(), text,
                   "a" + end + prefix + "-----BEGIN <*>" +
                       (prefix.empty() ? "" : mask + mask + mask) + end + "b" +
                       end);
    }
  }
}

// What stands before the header is longer than before the lines: no character
// of a line is taken for a prefix.
TEST(Detectors, ABlockBehindAHeaderThatStandsFurtherRightIsMaskedWhole) {
  const std::string body =
      "MC4CAQAwBQYDK2VwBCIEIGzyJ7Qhd1yX2B8nQyq5Wm0sD9vR3tUe4LkPaYfHcX1i";
  ExpectMasked(AllRules(),
               "KEY=\"-----BEGIN PRIVATE KEY-----\n" + body +
                   "\nZm9v\n-----END PRIVATE KEY-----\"\nb\n",
               "KEY=\"-----BEGIN <*>\n<*>\n<*>\n<*>\"\nb\n");
  ExpectMasked(
      AllRules(),
      "100 INFO -----BEGIN PRIVATE KEY-----\n9 INFO " + body +
          "\n9 INFO Zm9vYg==\n9 INFO Zm9v-----END PRIVATE KEY-----\nb\n",
      "100 INFO -----BEGIN <*>\n9 INFO <*>\n9 INFO <*>\n9 INFO <*>\nb\n");
  // Groups, of which only the last is long.
  ExpectMasked(
      AllRules(),
      "9 INFO -----BEGIN PRIVATE KEY-----\n9 INFO " + body +
          "\n9 INFO Zm9vYmFy " + body + "\nand then, more\n",
      "9 INFO -----BEGIN <*>\n9 INFO <*>\n9 INFO <*>\nand then, more\n");
}

TEST(Detectors, APromptLeavesWhole) {
  for (const char* prompt :
       {"Password: ", "Enter password: ", "user@host:~$ ", "token: ", "mysql> ",
        "Username for 'https://host': ", ">>> "}) {
    EXPECT_EQ(Held(AllRules(), prompt).back(), 0u) << prompt;
  }
}

TEST(Detectors, OfAUrlOnlyWhatMayBeThePasswordIsWithheld) {
  const std::vector<uint64_t> held =
      Held(AllRules(), "GET https://user:pw@host/ ok");
  EXPECT_EQ(std::string("GET https://user:").size(), 17u);
  for (size_t i = 0; i < 17; ++i) EXPECT_LE(held[i], 1u) << i;
  EXPECT_EQ(held[18], 2u);
  EXPECT_EQ(held.back(), 0u);
}

TEST(Detectors, AnAtomMayBeginBeforeTheCutAndIsStillFound) {
  std::string text(100, ' ');
  text += "tok_ab";
  ExpectAsRe2(Patterns({"tok_[a-z]{2}"}), text);
}

TEST(Detectors, ALongLineIsReadInWindowsFromItsStart) {
  const auto rules = Patterns({"tok_[a-z]{2}", "^foo", "[0-9]+bar"});
  const auto detectors = Compiled(rules);
  // Whole in the first window, cut by its end, at the second one's beginning.
  for (const size_t at : {size_t{65500}, size_t{65533}, size_t{65536}}) {
    for (const size_t before : {size_t{0}, size_t{10}}) {
      std::string text = before == 0 ? "" : std::string(before - 1, 'y') + "\n";
      text += std::string(at, 'z') + "tok_ab 12bar" + std::string(70000, 'z') +
              "tok_cd\nfoo tok_ef";
      text.replace(before + 2 * 65536, 3, "foo");
      const std::string expected = Show(text, oracle::Marked(rules, text));
      EXPECT_EQ(Masked(*detectors, text), expected);
      for (size_t cut = before + at - 8; cut < before + at + 12; ++cut) {
        ASSERT_EQ(Masked(*detectors, text, {cut}), expected) << cut;
      }
      std::vector<size_t> cuts;
      for (size_t i = 997; i < text.size(); i += 997) cuts.push_back(i);
      EXPECT_EQ(Masked(*detectors, text, cuts), expected);
    }
  }
}

TEST(Detectors, ALineFullOfAtomsIsMaskedAsRe2Would) {
  std::string text;
  for (int i = 0; i < 300; ++i) text += i % 7 == 3 ? "tok_ab" : "tok_9 ";
  ExpectAsRe2(Patterns({"tok_[a-z]{2}"}), text.substr(0, 900));
}

TEST(Detectors, PatternsThatMayBeginAnywhereAreNamedWithTheirCost) {
  EXPECT_THAT(
      Compiled(Patterns({"tok_[a-z]+", "[^ ](?P<secret>tok_.)"}))->warnings(),
      testing::ElementsAre(testing::HasSubstr("p1 may begin before")));
  EXPECT_THAT(Compiled(Patterns({"[0-9]{16}"}))->warnings(),
              testing::ElementsAre(testing::HasSubstr("p0 holds no literal")));
}

TEST(Detectors, ABrokenPatternIsAUsageErrorThatShowsWhere) {
  auto broken = Detectors::Compile(Patterns({"tok_[a-"}));
  ASSERT_FALSE(broken.ok());
  EXPECT_EQ(broken.status().code(), Code::kUsage);
  EXPECT_THAT(broken.status().message(),
              testing::AllOf(testing::HasSubstr("pattern p0"),
                             testing::HasSubstr("[a-")));
}

TEST(Detectors, AllowListsStopWordsAndEntropySortOutMatches) {
  std::vector<Rule> rules = Patterns({"tok_[a-z0-9]+"});
  rules[0].allow = {"^tok_ci"};
  rules[0].stop_words = {"DEMO"};
  rules[0].least_entropy = 2.5;
  EXPECT_EQ(Masked(*Compiled(rules),
                   "tok_ci88a3k tok_xdemo3k4 tok_aaaaaa tok_8fh3k2"),
            "tok_ci88a3k tok_xdemo3k4 tok_aaaaaa <*>");
}

TEST(Detectors, WhatIsSureToBeMaskedIsNotWithheld) {
  std::vector<Rule> rules;
  for (const Rule& rule : AllRules()) {
    if (rule.block) rules.push_back(rule);
  }
  std::string text = "x -----BEGIN PRIVATE KEY-----\\n";
  const size_t header = text.size() - 2;
  for (int i = 0; i < 2000; ++i) text += "abcdefghijklmnop0123456789ABCDEF+/xy";
  const std::vector<uint64_t> held = Held(rules, text);
  EXPECT_EQ(held[header - 1], 0u);
  EXPECT_EQ(held[3], 0u);  // a dash that may begin a header is not masked
  EXPECT_LE(*std::max_element(held.begin() + 80, held.end()), 1100u);
}

TEST(Detectors, NothingOfATextIsTakenForTheNext) {
  const auto detectors = Compiled(Patterns({"tok_[a-z]{2}"}));
  EXPECT_EQ(Masked(*detectors, "tok_"), "tok_");
  EXPECT_EQ(Masked(*detectors, "ab"), "ab");
}

TEST(Detectors, ARestartedCursorKnowsNothingOfTheTextBefore) {
  const auto detectors = Compiled(Patterns({"tok_[a-z]{2}"}));
  Detectors::Cursor cursor(0);
  for (const char* text : {"tok_ab", "tok_cd"}) {
    int found = 0;
    cursor.Restart(0);
    detectors->Finish({text, 0}, &cursor, [&](const Span&) { ++found; });
    EXPECT_EQ(found, 1) << text;
  }
}

}  // namespace
}  // namespace maskpipe
