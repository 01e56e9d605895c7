#include "src/secret/harmless.h"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <string>

namespace maskpipe {
namespace {

constexpr std::array<std::string_view, 28> kHarmlessKeys = {
    "host",         "hostname", "server",      "remote_host", "endpoint",
    "port",         "engine",   "dialect",     "driver",      "type",
    "conn_type",    "region",   "region_name", "database",    "dbname",
    "schema",       "login",    "user",        "username",    "user_name",
    "account",      "tenant",   "role_arn",    "project",     "project_id",
    "client_email", "bucket",   "description",
};

constexpr std::array<std::string_view, 22> kSensitiveWords = {
    "access_key",  "access_token",  "api_key",         "apikey",
    "auth_header", "authorization", "bearer",          "connection_string",
    "dsn",         "keyfile_dict",  "passphrase",      "passwd",
    "password",    "private_key",   "proxy",           "proxy_password",
    "proxies",     "secret",        "service_account", "service_key",
    "token",       "webhook_url",
};

// Keys that Airflow's list lacks, or only has in the middle of a word.
constexpr std::array<std::string_view, 3> kCredentialWords = {"pass", "pwd",
                                                              "pin"};

std::string Folded(std::string_view name) {
  std::string out(name);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
    if (c == '-') c = '_';
  }
  return out;
}

const RE2& HarmlessPattern() {
  static const RE2 pattern(
      // booleans and null, as JSON, YAML, INI and Python write them
      "(?i:true|false|yes|no|on|off|null|none|nil)"
      // integers below 10^6
      "|[+-]?0*[0-9]{1,6}"
      // ISO 8601 dates, with or without a time and an offset
      "|[0-9]{4}-[01][0-9]-[0-3][0-9]"
      "(?:[T ][0-2][0-9]:[0-5][0-9](?::[0-6][0-9](?:[.,][0-9]{1,9})?)?"
      "(?:Z|[+-][0-2][0-9]:?[0-5][0-9])?)?"
      // AWS regions (botocore's endpoints.json, the partitions' regionRegex)
      "|(?:af|ap|ca|cn|eu|eusc|il|me|mx|sa|us)(?:-[a-z]{2,4})?"
      "-(?:central|north|south|east|west|northeast|northwest|southeast"
      "|southwest)-[0-9]{1,2}",
      RE2::Quiet);
  return pattern;
}

}  // namespace

bool IsHarmlessKey(std::string_view key) {
  const std::string folded = Folded(key);
  return std::find(kHarmlessKeys.begin(), kHarmlessKeys.end(), folded) !=
         kHarmlessKeys.end();
}

bool IsHarmlessValue(std::string_view value) {
  constexpr size_t kLongest = 40;  // of what the pattern can match usefully
  return value.size() <= kLongest &&
         RE2::FullMatch(re2::StringPiece(value.data(), value.size()),
                        HarmlessPattern());
}

bool IsSensitiveName(std::string_view name) {
  const std::string folded = Folded(name);
  return std::any_of(
      kSensitiveWords.begin(), kSensitiveWords.end(),
      [&](std::string_view word) { return folded.find(word) != folded.npos; });
}

std::span<const std::string_view> SensitiveWords() { return kSensitiveWords; }

bool NamesCredential(std::string_view key) {
  const std::string folded = Folded(key);
  const auto ends = [&](std::string_view w) { return folded.ends_with(w); };
  return std::any_of(kSensitiveWords.begin(), kSensitiveWords.end(), ends) ||
         std::any_of(kCredentialWords.begin(), kCredentialWords.end(), ends);
}

}  // namespace maskpipe
