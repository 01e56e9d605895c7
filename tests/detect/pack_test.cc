// Every rule that comes with maskpipe: a freshly made token of its format is
// masked, raw and escaped as JSON; what only looks like one is not.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <map>
#include <random>
#include <set>

#include "src/detect/detectors.h"
#include "src/detect/shape.h"
#include "src/report/json_text.h"
#include "tests/detect/detect_oracle.h"

namespace maskpipe {
namespace {

const std::vector<std::string>& Names() {
  static const std::vector<std::string> names = {
      "access_key",  "access_token", "api_key",    "apikey",      "auth_header",
      "passphrase",  "passwd",       "password",   "private_key", "secret",
      "service_key", "token",        "webhook_url"};
  return names;
}

// What all detectors leave of a text.
std::string Masked(std::string_view text) {
  static const auto detectors = *Detectors::Compile(RulePack(Names()));
  std::vector<bool> masked(text.size());
  Detectors::Cursor cursor(0);
  detectors->Finish({text, 0}, &cursor, [&](const Span& s) {
    for (uint64_t i = s.begin; i < s.end; ++i) masked[i] = true;
  });
  return oracle::Show(text, masked);
}

constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kHex = "0123456789abcdef";
constexpr std::string_view kUpper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
constexpr std::string_view kBase32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
constexpr std::string_view kBase62 =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
constexpr std::string_view kLetters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kBase64Url =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::string_view kBech32 = "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L";

class Maker {
 public:
  explicit Maker(unsigned seed) : random_(seed) {}

  std::string operator()(std::string_view alphabet, size_t length) {
    std::string text(length, ' ');
    for (char& c : text) c = alphabet[random_() % alphabet.size()];
    return text;
  }

  // Thirty symbols and their CRC-32 to the base 62, computed bit by bit from
  // the polynomial: no code in common with the detector's.
  std::string Summed() {
    const std::string body = (*this)(kBase62, 30);
    std::vector<bool> bits;
    for (char c : body) {
      for (int i = 0; i < 8; ++i) bits.push_back((c >> i & 1) != 0);
    }
    bits.insert(bits.end(), 32, false);
    for (size_t i = 0; i < 32; ++i) bits[i] = !bits[i];
    constexpr uint32_t kPolynomial = 0x04c11db7;
    for (size_t i = 0; i + 32 < bits.size(); ++i) {
      if (!bits[i]) continue;
      for (size_t k = 0; k < 32; ++k) {
        if (kPolynomial >> (31 - k) & 1) bits[i + 1 + k] = !bits[i + 1 + k];
      }
    }
    uint32_t sum = 0;
    for (size_t k = 0; k < 32; ++k) {
      if (!bits[bits.size() - 32 + k]) sum |= uint32_t{1} << k;
    }
    std::string digits(6, '0');
    for (size_t i = 6; i-- > 0; sum /= 62) digits[i] = kBase62[sum % 62];
    return body + digits;
  }

  size_t Below(size_t n) { return random_() % n; }

 private:
  std::mt19937 random_;
};

// A line and what of it must be masked.
struct Example {
  std::string before, secret, after;
  std::string line() const { return before + secret + after; }
};

Example Alone(std::string secret) {
  return {"got ", std::move(secret), " from x"};
}

using Make = std::function<Example(Maker&)>;

// By detector: how its tokens are made, several ways where it has several.
const std::multimap<std::string, Make>& Makers() {
  static const std::multimap<std::string, Make> makers = {
      {"aws-access-key-id",
       [](Maker& m) { return Alone("AKIA" + m(kBase32, 16)); }},
      {"aws-access-key-id",
       [](Maker& m) { return Alone("ASIA" + m(kBase32, 16)); }},
      {"github-token", [](Maker& m) { return Alone("ghp_" + m.Summed()); }},
      {"github-token", [](Maker& m) { return Alone("ghs_" + m.Summed()); }},
      {"github-token", [](Maker& m) { return Alone("gho_" + m.Summed()); }},
      {"github-fine-grained-token",
       [](Maker& m) {
         return Alone("github_pat_" + m(kBase62, 22) + "_" + m(kBase62, 59));
       }},
      {"gitlab-token",
       [](Maker& m) { return Alone("glpat-" + m(kBase64Url, 20)); }},
      {"gitlab-token",
       [](Maker& m) {
         return Alone("glpat-" + m(kBase64Url, 27) + ".01." + m(kHex, 9));
       }},
      {"gitlab-token",
       [](Maker& m) { return Alone("glrt-" + m(kBase64Url, 20)); }},
      {"slack-token",
       [](Maker& m) {
         return Alone("xoxb-" + m(kDigits, 12) + "-" + m(kDigits, 13) + "-" +
                      m(kBase62, 24));
       }},
      {"slack-token",
       [](Maker& m) {
         return Alone("xapp-1-A" + m(kUpper, 10) + "-" + m(kDigits, 13) + "-" +
                      m(kHex, 64));
       }},
      {"slack-webhook",
       [](Maker& m) {
         return Example{
             "POST https://hooks.slack.com/services/",
             "T" + m(kUpper, 8) + "/B" + m(kUpper, 8) + "/" + m(kBase62, 24),
             " done"};
       }},
      {"stripe-key",
       [](Maker& m) { return Alone("sk_live_" + m(kBase62, 24)); }},
      {"stripe-key",
       [](Maker& m) { return Alone("rk_test_" + m(kBase62, 99)); }},
      {"stripe-key", [](Maker& m) { return Alone("whsec_" + m(kBase62, 32)); }},
      {"google-api-key",
       [](Maker& m) { return Alone("AIza" + m(kBase64Url, 35)); }},
      {"google-api-key",
       [](Maker& m) { return Alone("GOCSPX-" + m(kBase64Url, 28)); }},
      {"npm-token", [](Maker& m) { return Alone("npm_" + m.Summed()); }},
      {"pypi-token",
       [](Maker& m) {
         return Alone("pypi-AgEIcHlwaS5vcmc" + m(kBase64Url, 120));
       }},
      {"docker-token",
       [](Maker& m) { return Alone("dckr_pat_" + m(kBase64Url, 27)); }},
      {"azure-key",
       [](Maker& m) {
         return Example{"AccountName=a;AccountKey=", m(kBase64, 86) + "==",
                        ";EndpointSuffix=core.windows.net"};
       }},
      {"azure-key",
       [](Maker& m) {
         return Example{"SharedAccessKeyName=x;SharedAccessKey=",
                        m(kBase64, 43) + "=", ";EntityPath=y"};
       }},
      {"databricks-token",
       [](Maker& m) { return Alone("dapi" + m(kHex, 32)); }},
      {"databricks-token",
       [](Maker& m) { return Alone("dapi" + m(kHex, 32) + "-2"); }},
      {"snowflake-token",
       [](Maker& m) {
         return Example{"session ver:1-hint:1036-", m(kBase64, 200) + "=",
                        " opened"};
       }},
      {"sendgrid-key",
       [](Maker& m) {
         return Alone("SG." + m(kBase64Url, 22) + "." + m(kBase64Url, 43));
       }},
      {"twilio-key", [](Maker& m) { return Alone("SK" + m(kHex, 32)); }},
      {"openai-key",
       [](Maker& m) { return Alone("sk-proj-" + m(kBase64Url, 120)); }},
      {"openai-key", [](Maker& m) { return Alone("sk-" + m(kBase62, 48)); }},
      {"anthropic-key",
       [](Maker& m) { return Alone("sk-ant-api03-" + m(kBase64Url, 95)); }},
      {"vault-token",
       [](Maker& m) { return Alone("hvs." + m(kBase64Url, 91)); }},
      {"huggingface-token",
       [](Maker& m) { return Alone("hf_" + m(kLetters, 34)); }},
      {"digitalocean-token",
       [](Maker& m) { return Alone("dop_v1_" + m(kHex, 64)); }},
      {"grafana-token",
       [](Maker& m) {
         return Alone("glsa_" + m(kBase62, 32) + "_" + m(kHex, 8));
       }},
      {"age-key",
       [](Maker& m) { return Alone("AGE-SECRET-KEY-1" + m(kBech32, 58)); }},
      {"jwt",
       [](Maker& m) {
         return Alone("eyJ" + m(kBase64Url, 33) + ".eyJ" + m(kBase64Url, 80) +
                      "." + m(kBase64Url, 43));
       }},
      {"authorization",
       [](Maker& m) {
         return Example{"> Authorization: Basic ", m(kBase64, 31) + "=", ""};
       }},
      {"authorization",
       [](Maker& m) {
         return Example{"'Authorization': 'Bearer ", m(kBase64Url, 40), "'}"};
       }},
      {"authorization",
       [](Maker& m) {
         return Example{"header Bearer ", m(kBase64Url, 40), " sent"};
       }},
      {"authorization",
       [](Maker& m) {
         return Example{
             "AWS4-HMAC-SHA256 Credential=c/s3/aws4_request, "
             "SignedHeaders=host;x-amz-date, Signature=",
             m(kHex, 64), ""};
       }},
      {"url-password",
       [](Maker& m) {
         return Example{"postgresql+psycopg2://etl:", m(kBase62, 12),
                        "@db1:5432/x"};
       }},
      {"url-password",
       [](Maker& m) {
         return Example{"redis://:", m(kBase62, 6) + "@" + m(kBase62, 3),
                        "@cache"};
       }},
      {"url-parameter",
       [](Maker& m) {
         return Example{"GET /b/k?X-Amz-Date=20260101&X-Amz-Signature=",
                        m(kHex, 64), "&x=1 HTTP/1.1"};
       }},
      {"url-parameter",
       [](Maker& m) {
         return Example{"https://a.blob.core.windows.net/c?sv=2024&sig=",
                        m(kBase62, 43) + "%3D", ""};
       }},
      {"url-parameter",
       [](Maker& m) {
         return Example{"\"GET /v1/x?token=", m(kBase62, 20), " HTTP/1.1\""};
       }},
      {"command-line-password",
       [](Maker& m) {
         return Example{"+ mysql -h db1 -u root -p", m(kBase62, 12), " sales"};
       }},
      {"command-line-password",
       [](Maker& m) {
         return Example{"+ curl -sS -u etl:", m(kBase62, 12), " http://x/"};
       }},
      {"command-line-password",
       [](Maker& m) {
         return Example{"+ sshpass -p ", m(kBase62, 12), " ssh x"};
       }},
      {"command-line-password",
       [](Maker& m) {
         return Example{"+ docker login -u x -p ", m(kBase62, 12), " registry"};
       }},
      {"private-key",
       [](Maker& m) {
         return Example{"key: -----BEGIN ",
                        "PRIVATE KEY-----\\n" + m(kBase64, 64) + "\\n" +
                            m(kBase64, 30) + "==\\n-----END PRIVATE KEY-----",
                        "\\n"};
       }},
      {"sensitive-pair",
       [](Maker& m) {
         return Example{R"({"id": 5, "api_key": ")", m(kBase62, 16), "\"}"};
       }},
      {"sensitive-pair",
       [](Maker& m) {
         return Example{"DB_PASSWORD=", m(kBase62, 10), " HOME=/x"};
       }},
      {"sensitive-pair",
       [](Maker& m) {
         return Example{"  password: ", m(kLetters, 10) + "7", ""};
       }},
      {"sensitive-pair",
       [](Maker& m) {
         return Example{"Conn(login='etl', password='",
                        m(kBase62, 5) + " ," + m(kBase62, 5), "')"};
       }},
      {"sensitive-pair",
       [](Maker& m) {
         return Example{"tool --db-token ", m(kBase62, 16), " --verbose"};
       }},
      {"sensitive-pair",
       [](Maker& m) {
         return Example{R"({"msg": "{\"secret\": \")", m(kBase62, 16),
                        R"(\", \"x\": 1}"})"};
       }},
  };
  return makers;
}

class Pack : public testing::TestWithParam<std::string> {};

TEST_P(Pack, MasksFreshTokensAsWrittenAndInJson) {
  const auto [begin, end] = Makers().equal_range(GetParam());
  ASSERT_NE(begin, end) << "no example of " << GetParam();
  for (unsigned seed = 0; seed < 40; ++seed) {
    Maker maker(seed);
    for (auto it = begin; it != end; ++it) {
      const Example e = it->second(maker);
      SCOPED_TRACE("seed " + std::to_string(seed));
      EXPECT_EQ(Masked(e.line()), e.before + "<*>" + e.after);
      const std::string open = "{\"event\": \"", close = "\", \"n\": 1}\n";
      const std::string before = open + JsonEscaped(e.before);
      const std::string json =
          before + JsonEscaped(e.secret) + JsonEscaped(e.after) + close;
      EXPECT_EQ(Masked(json), before + "<*>" + JsonEscaped(e.after) + close);
    }
  }
}

std::set<std::string> AllNames() {
  std::set<std::string> names;
  for (const Rule& rule : RulePack(Names())) names.insert(rule.name);
  return names;
}

INSTANTIATE_TEST_SUITE_P(Rules, Pack, testing::ValuesIn(AllNames()),
                         [](const auto& rule) {
                           std::string name = rule.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(RulePack, WithholdsNoLineBeforeItsAtom) {
  EXPECT_THAT((*Detectors::Compile(RulePack(Names())))->warnings(),
              testing::IsEmpty());
}

TEST(RulePack, EachRuleSaysWhatItIsAndWhereItsFormatIsDescribed) {
  for (const Rule& rule : RulePack(Names())) {
    EXPECT_FALSE(rule.about.empty()) << rule.name;
    EXPECT_TRUE(rule.source.starts_with("https://")) << rule.name;
  }
}

TEST(RulePack, OnlyUrlPasswordsAndPrivateKeysAreLookedForByDefault) {
  std::set<std::string> defaults;
  for (const Rule& rule : RulePack(Names())) {
    if (rule.by_default) defaults.insert(rule.name);
  }
  EXPECT_THAT(defaults, testing::ElementsAre("private-key", "url-password"));
}

// GitHub's own example of a token, in its description of the format.
TEST(RulePack, TheChecksumIsThatOfGithubsExample) {
  const std::string token = "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";
  EXPECT_EQ(Masked("x " + token), "x <*>");
  EXPECT_EQ(Masked("x ghp_zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq18"),
            "x ghp_zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq18");
}

// By rule; each is left as it is.
TEST(RulePack, WhatOnlyLooksLikeASecretStays) {
  const char* const kLines[] = {
      // placeholders of documentation
      "AKIAIOSFODNN7EXAMPLE", "ASIAIOSFODNN7EXAMPLE", "xoxb-your-token",
      "xoxb-\xe2\x80\xa6", "xoxb-xxxxxxxxxxxx-xxxxxxxxxxxx",
      "sk_live_xxxxxxxxxxxxxxxxxxxxxxxx", "glpat-xxxxxxxxxxxxxxxxxxxx",
      "AIzaXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX", "sk-proj-your-key-goes-here-1",
      ("https://hooks.slack.com/services/T00000000/B00000000/"
       "XXXXXXXXXXXXXXXXXXXXXXXX"),
      "https://user:***@host/", "https://user:${PASSWORD}@host/",
      "https://<user>:<password>@host/", "postgres://u:{{ password }}@h",
      // too short, too long, in a word, of another alphabet
      "AKIA234567", "AKIA234567ABCDEFGHIJKLM", "xAKIA234567ABCDEFGHIJ",
      "AKIA234567abcdefghij", "ghp_short", "github_pat_11AAAA",
      "ghp_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
      "npm_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", "npm_config_cache",
      "gl-pat-12345678901234567890", "glpat-short", "xoxo-hugs", "sk_live",
      "task-1234567890abcdef1234567890abcdef1234567890abcdef", "risk-ant-api03",
      "AIza", "pypi-AgEIcHlwaS5vcmc", "dckr_pat_", "dapixyz", "SG.x.y",
      "SKU0123456789", "SK0123456789abcdef", "hvs.short", "hf_model_name",
      "dop_v1_xyz", "glsa_", "AGE-SECRET-KEY-1", "eyJhbGciOiJIUzI1NiJ9",
      "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0", "AccountKey=short",
      "ver:1-hint:2-x", "Authorization: Basic", "WWW-Authenticate: Basic realm",
      "the bearer of this letter is known", "Bearer authentication required",
      "http://host:8080/path@2x.png", "https://example.com/a:b@c",
      "mailto:a@b.c", "git@github.com:org/repo.git", "http://[::1]:80/",
      "s3://bucket/key:with@signs", "/x?id=5&sort=asc", "/x?tokens=12345",
      "?sig=x", "curl -u user http://x/", "mysql -u root sales",
      "docker login -u x", "-----BEGIN CERTIFICATE-----",
      "-----BEGIN PUBLIC KEY-----", "----------",
      // what stands behind sensitive names without being one
      "token_ttl=3600000", "password_file=/run/secrets/db",
      "secret_name: a/b-c", "token_type: bearer1", "max_tokens=4096",
      "password: null", "password=None", "\"password\": \"\"",
      "\"password\": \"***\"", "Invalid token: expected end",
      "token expired, see log", "password = os.environ[\"DB\"]",
      "token = get_token(x)", "token = self.token", "password=<hidden>",
      "api_key: ${API_KEY}", "secret: true", "private_key_path=/etc/ssl/k.pem",
      "access_key at 2026-01-01", "passwordless login", "secrets.py:17",
      "token=\"https://host/path\"", "tokenizer: bert-base-2"};
  for (const char* line : kLines) EXPECT_EQ(Masked(line), line);
}

TEST(RulePack, ABlockOfAPrivateKeyIsOneMaskBehindNoPrefix) {
  Maker m(7);
  std::string body;
  for (int i = 0; i < 5; ++i) body += m(kBase64, 64) + "\n";
  const std::string key = "-----BEGIN RSA PRIVATE KEY-----\n" + body +
                          "Zm9v\n-----END RSA PRIVATE KEY-----";
  EXPECT_EQ(Masked("a\n" + key + "\nb\n"), "a\n-----BEGIN <*>\nb\n");
  // CRLF, indentation, a logger's prefix.
  std::string crlf, prefixed;
  for (char c : key) {
    crlf += c == '\n' ? "\r\n" : std::string(1, c);
    prefixed += c == '\n' ? "\n[12:00:01] INFO - " : std::string(1, c);
  }
  EXPECT_EQ(Masked(crlf + "\r\nb"), "-----BEGIN <*>\r\nb");
  std::string shown = "[12:00:01] INFO - -----BEGIN <*>\n";
  for (int i = 0; i < 7; ++i) shown += "[12:00:01] INFO - <*>\n";
  EXPECT_EQ(Masked("[12:00:01] INFO - " + prefixed + "\nb"), shown + "b");
  // A prefix that grows in between stays as far as it is no base64.
  const std::string grown = "9 INFO -----BEGIN PRIVATE KEY-----\n10 INFO " +
                            m(kBase64, 64) + "\n11 INFO " + m(kBase64, 64) +
                            "\n12 INFO -----END PRIVATE KEY-----\n";
  EXPECT_EQ(Masked(grown),
            "9 INFO -----BEGIN <*>\n10 INFO <*>\n11 INFO <*>\n12 INFO <*>\n");
  EXPECT_EQ(Masked("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n"
                   "DEK-Info: AES-128-CBC,0123\n\n" +
                   body + "-----END RSA PRIVATE KEY-----\nb"),
            "-----BEGIN <*>\nb");
}

TEST(RulePack, ABlockThatIsNotClosedEndsBeforeTheFirstOtherLine) {
  Maker m(8);
  const std::string header = "-----BEGIN PRIVATE KEY-----\n";
  const std::string line = m(kBase64, 64) + "\n";
  EXPECT_EQ(Masked(header + line + line + "and then, more\nx\n"),
            "-----BEGIN <*>\nand then, more\nx\n");
  EXPECT_EQ(Masked(header + line + line), "-----BEGIN <*>\n");
  EXPECT_EQ(Masked(header + "done\n"), "-----BEGIN <*>\ndone\n");
  EXPECT_EQ(Masked("no -----BEGIN PRIVATE KEY----- in file\n"),
            "no -----BEGIN <*> in file\n");
}

}  // namespace
}  // namespace maskpipe
