// Which matches are none of a secret: placeholders, and of what stands behind
// a sensitive name all that is plainly something else.

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

#include "src/detect/re2_bytes.h"
#include "src/detect/rule.h"

namespace maskpipe {
namespace {

bool Full(const RE2& pattern, std::string_view text) {
  return RE2::FullMatch(ToRe2(text), pattern);
}
bool Some(const RE2& pattern, std::string_view text) {
  return RE2::PartialMatch(ToRe2(text), pattern);
}

// A run of one symbol, as in xxxxxxxx, stands in no random token: at 62 symbols
// six in a row are there once in 10^8.
bool HasRun(std::string_view text, size_t length) {
  size_t run = 1;
  for (size_t i = 1; i < text.size(); ++i) {
    run = text[i] == text[i - 1] ? run + 1 : 1;
    if (run >= length) return true;
  }
  return false;
}

bool IsTokenPlaceholder(std::string_view token) {
  static const RE2 words("(?i)example|your[-_]|placeholder|changeme",
                         Re2Bytes());
  return HasRun(token, 6) || Some(words, token);
}

// Only as a whole: a password may hold any of this.
bool IsValuePlaceholder(std::string_view value) {
  static const RE2 pattern(
      R"((?i)[^0-9a-z]*|(?:x{3,}|\.{3}|…)|<[^>]*>?|\[[a-z _-]*\]?)"
      R"(|\$\{.*|\$\(.*|\$[a-z_][0-9a-z_]*|\{\{.*|\{[0-9a-z_.]*\}?)"
      R"(|%\([a-z_]*\)s|%[a-z]|%[a-z_]+%|#\{.*)"
      R"(|redacted|masked|hidden|filtered|removed|undefined|null|none|nil)"
      R"(|\[?redacted\]?|\(.*\)|changeme|example)",
      Re2Bytes());
  return Full(pattern, value);
}

// GitHub's and npm's tokens: a prefix, 30 symbols, and their CRC-32 (that of
// zlib) as six digits to the base 62.
bool EndsInCrc32(std::string_view token) {
  constexpr std::string_view kDigits =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  constexpr size_t kSummed = 30, kSum = 6;
  if (token.size() < kSummed + kSum) return false;
  token.remove_prefix(token.size() - kSummed - kSum);
  uint32_t crc = ~uint32_t{0};
  for (char c : token.substr(0, kSummed)) {
    crc ^= static_cast<uint8_t>(c);
    for (int i = 0; i < 8; ++i) {
      crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xedb88320u : 0u);
    }
  }
  uint64_t sum = 0;
  for (char c : token.substr(kSummed)) {
    const size_t digit = kDigits.find(c);
    if (digit == kDigits.npos) return false;
    sum = sum * kDigits.size() + digit;
  }
  return sum == (crc ^ ~uint32_t{0});
}

// What prose and class names are made of: letters of one case, perhaps with a
// capital, and what ends in a colon.
bool IsWord(std::string_view text) {
  static const RE2 pattern(
      R"([A-Za-z]?[a-z]*[.:!?]?|[A-Z]+[.:!?]?|(?:[A-Z][a-z]+)+|\w*:)"
      R"(|[a-z_.]+=.*)",
      Re2Bytes());
  return Full(pattern, text);
}

// Digits and letters, or in long ones letters of both cases.
bool LooksRandom(std::string_view text) {
  constexpr size_t kShortest = 8, kLong = 16;
  bool digit = false, lower = false, upper = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '%') {  // %40 says nothing
      i += 2;
      continue;
    }
    digit = digit || (c >= '0' && c <= '9');
    lower = lower || (c >= 'a' && c <= 'z');
    upper = upper || (c >= 'A' && c <= 'Z');
  }
  return (text.size() >= kShortest && digit && (lower || upper)) ||
         (text.size() >= kLong && lower && upper);
}

// Names whose values are made by machines. A token of log text is often a word
// or a number, a password may be one.
bool NamesMadeValue(std::string_view match) {
  static const RE2 pattern(
      "(?i)(?:access|api|auth|authorization|bearer|keyfile|private|service"
      "|token).*",
      Re2Bytes());
  return Full(pattern, match);
}

// Behind such a word: what does not change that it names a secret.
bool EndsName(std::string_view match) {
  static const RE2 pattern(
      R"((?i)^[a-z]+(?:[_-]?(?:key|token|header|dict|account))?s?[0-9]*)"
      R"((?:[_-](?:prod|production|dev|test|staging|live|value|primary)"
      R"(|secondary|new|old|current|v?[0-9]+))?(?:\\{0,3}["'])?\s*[:=])",
      Re2Bytes());
  return Some(pattern, match);
}

// What stands behind a sensitive name but is plainly no secret.
bool IsHarmlessPairValue(std::string_view value) {
  static const RE2 pattern(
      R"((?i)true|false|yes|no|on|off|null|none|nil|undefined|default)"
      R"(|required|optional|invalid|missing|expired|enabled|disabled|unset)"
      R"(|[+-]?[0-9]{1,6}(?:\.[0-9]+)?(?:[smhd]|ms|kb|mb)?)"
      // dates and times
      R"(|[0-9]{4}-[01][0-9]-[0-3][0-9](?:[T ][0-9:.,+Z-]*)?)"
      // paths, and URLs, whose passwords are found as such
      R"(|(?:[a-z]:\\|\.{0,2}/)[\w.@-]+(?:[/\\]+[\w.@-]*)+|[./\\]+[\w.-]*)"
      R"(|[a-z][a-z0-9+.-]*:\\?/\\?/.*)",
      Re2Bytes());
  return Full(pattern, value);
}

// Code that names where the value comes from: os.environ["X"], get_token(),
// self.password.
bool IsCode(std::string_view value) {
  static const RE2 pattern(
      R"([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+(?:[\[(].*)?)"
      R"(|[A-Za-z_]\w*[\[(].*|function|lambda|self|str|int|bool|String|string)",
      Re2Bytes());
  return Full(pattern, value);
}

// What the name says is about a secret and not one: token_ttl, secret-name.
bool NamesNoSecret(std::string_view match) {
  static const RE2 pattern(
      R"((?i)[_.-](?:ids?|ttl|names?|types?|counts?|files?|paths?|dir|uri)"
      R"(|endpoint|expir[a-z_]*|lifetime|length|len|size|age|policy|version)"
      R"(|limit|status|state|enabled|disabled|required|fields?|prefix|suffix)"
      R"(|index|position|pos|format|hint|label|kind|provider|manager|class|arn)"
      R"(|region|scopes?|method|mode|errors?|min|max|minutes|seconds|hours)"
      R"(|days|at|on|by|time|timeout|date|usage|used|valid|rotation|budget|num)"
      R"(|number|total|rate|source|host|port|server|user|username|store)"
      R"()(?:_[0-9]+)?$)",
      Re2Bytes());
  const std::string_view name = match.substr(0, match.find_first_of(":="));
  const size_t last = name.find_last_not_of("\"'\\ \t");
  return last != name.npos && Some(pattern, name.substr(0, last + 1));
}

bool IsPairValue(std::string_view value, std::string_view match) {
  // Of these a URL is the secret itself; of others its password is found.
  static const RE2 urls("(?i)(?:_?dsn|connection[_-]?string|webhook[_-]?url).*",
                        Re2Bytes());
  static const RE2 dsn("(?i)_?dsn.*", Re2Bytes());  // mail logs have a number
  constexpr size_t kShortest = 3;
  if (Full(dsn, match) && value.find("://") == value.npos) return false;
  if (NamesMadeValue(match) && !(LooksRandom(value) && EndsName(match))) {
    return false;
  }
  if (value.size() < kShortest || IsValuePlaceholder(value) ||
      NamesNoSecret(match)) {
    return false;
  }
  return !IsHarmlessPairValue(value) ||
         (value.find("://") != value.npos && Full(urls, match));
}

// Whether an option, --db-password, ends where the match begins.
bool BehindDashes(std::string_view before) {
  size_t i = before.size();
  while (i > 0 &&
         (((before[i - 1] | 0x20) >= 'a' && (before[i - 1] | 0x20) <= 'z') ||
          (before[i - 1] >= '0' && before[i - 1] <= '9') ||
          before[i - 1] == '-' || before[i - 1] == '_')) {
    --i;
  }
  const std::string_view option = before.substr(i);
  return option.starts_with("--");
}

}  // namespace

double Entropy(std::string_view text) {
  std::array<size_t, 256> counts{};
  for (char c : text) ++counts[static_cast<uint8_t>(c)];
  double bits = 0;
  for (size_t n : counts) {
    if (n == 0) continue;
    const double share =
        static_cast<double>(n) / static_cast<double>(text.size());
    bits -= share * std::log2(share);
  }
  return bits;
}

bool Passes(Check check, std::string_view secret, std::string_view match,
            std::string_view before) {
  switch (check) {
    case Check::kNone:
      return true;
    case Check::kToken:
      return !IsTokenPlaceholder(secret);
    case Check::kCrc32:
      return EndsInCrc32(secret);
    case Check::kValue:
      return !IsValuePlaceholder(secret);
    case Check::kParameter: {
      static const RE2 password("(?i).{0,6}(?:pass|pwd|secret).*", Re2Bytes());
      return !IsValuePlaceholder(secret) &&
             (LooksRandom(secret) || Full(password, match));
    }
    case Check::kRandom:
      return !IsValuePlaceholder(secret) && !IsWord(secret) &&
             secret.find_first_of("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") !=
                 secret.npos;
    case Check::kPair:
      return IsPairValue(secret, match);
    case Check::kPairWord: {
      // In prose a colon is followed by a word: "invalid token: expected".
      const size_t value = match.size() - secret.size();
      const bool prose = match.substr(0, value).find('=') == match.npos;
      return IsPairValue(secret, match) && !IsCode(secret) &&
             !(prose && IsWord(secret));
    }
    case Check::kArgument:
      return IsPairValue(secret, "");
    case Check::kOption:
      return BehindDashes(before) && IsPairValue(secret, "");
  }
  return false;
}

}  // namespace maskpipe
