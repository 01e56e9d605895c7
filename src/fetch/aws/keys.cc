#include "src/fetch/aws/keys.h"

#include <cstdlib>
#include <string>

#include "src/fetch/aws/digest.h"
#include "src/fetch/aws/file.h"
#include "src/fetch/aws/timestamp.h"
#include "src/fetch/json/document.h"

namespace maskpipe::aws {
namespace {

std::string_view Variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view() : std::string_view(value);
}

std::optional<Credentials> None() { return std::nullopt; }

// aws_access_key_id and the like of a section; `where` names it.
FoundKeys KeysOfSection(const IniSection* section, const std::string& where,
                        const char* method, bool with_token) {
  if (section == nullptr) return None();
  const std::string* id = section->Text("aws_access_key_id");
  if (id == nullptr) return None();
  const std::string* secret = section->Text("aws_secret_access_key");
  if (secret == nullptr) {
    return Status::Source(where +
                          ": it has aws_access_key_id and lacks "
                          "aws_secret_access_key");
  }
  if (id->empty() || secret->empty()) {
    return Status::Source(where +
                          ": aws_access_key_id or aws_secret_access_key is "
                          "empty; fill both in or remove both");
  }
  Credentials keys;
  keys.access_key_id = SecretString(*id);
  keys.secret_access_key = SecretString(*secret);
  if (with_token) {
    const std::string* token = section->Text("aws_security_token");
    if (token == nullptr) token = section->Text("aws_session_token");
    if (token != nullptr) keys.session_token = SecretString(*token);
  }
  keys.method = method;
  return std::optional(std::move(keys));
}

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\v\f\r";
  const size_t begin = text.find_first_not_of(kSpace);
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) + 1 - begin);
}

}  // namespace

FoundKeys KeysOfEnvironment() {
  Credentials keys;
  keys.access_key_id = SecretString(Variable("AWS_ACCESS_KEY_ID"));
  if (keys.access_key_id.empty()) return None();
  keys.secret_access_key = SecretString(Variable("AWS_SECRET_ACCESS_KEY"));
  if (keys.secret_access_key.empty()) {
    return Status::Source(
        "environment: AWS_ACCESS_KEY_ID is set and AWS_SECRET_ACCESS_KEY is "
        "not; set both or neither");
  }
  std::string_view token = Variable("AWS_SECURITY_TOKEN");
  if (token.empty()) token = Variable("AWS_SESSION_TOKEN");
  keys.session_token = SecretString(token);
  const std::string_view expiry = Variable("AWS_CREDENTIAL_EXPIRATION");
  if (!expiry.empty()) {
    keys.expiry = ParseTimestamp(expiry);
    if (!keys.expiry.has_value()) {
      return Status::Source(
          "environment: AWS_CREDENTIAL_EXPIRATION is no time such as "
          "2026-11-24T20:00:00Z");
    }
  }
  keys.method = "env";
  return std::optional(std::move(keys));
}

FoundKeys KeysOfCredentialsFile(const ProfileSet& profiles,
                                std::string_view profile_name) {
  return KeysOfSection(
      profiles.FindInCredentials(profile_name),
      "AWS profile " + std::string(profile_name) + " in the credentials file",
      "shared-credentials-file", true);
}

FoundKeys KeysOfConfigFile(const ProfileSet& profiles,
                           std::string_view profile_name) {
  return KeysOfSection(
      profiles.FindInConfig(profile_name),
      "AWS profile " + std::string(profile_name) + " in the config file",
      "config-file", true);
}

FoundKeys KeysOfEc2File() {
  const char* name = std::getenv("AWS_CREDENTIAL_FILE");
  if (name == nullptr) return None();
  const std::string path = ExpandUser(name);
  Result<std::optional<SecretString>> file = ReadFile(path);
  if (!file.ok()) return file.status();
  if (!file->has_value()) {
    return Status::Source("AWS_CREDENTIAL_FILE: there is no " + path);
  }
  Credentials keys;
  bool has_secret = false;
  std::string_view rest = (*file)->view();
  while (!rest.empty()) {
    const size_t end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
    const size_t equals = line.find('=');
    if (equals == line.npos) continue;
    const std::string_view key = Trimmed(line.substr(0, equals));
    const std::string_view value = Trimmed(line.substr(equals + 1));
    if (key == "AWSAccessKeyId") keys.access_key_id = SecretString(value);
    if (key == "AWSSecretKey") {
      keys.secret_access_key = SecretString(value);
      has_secret = true;
    }
  }
  if (keys.access_key_id.empty()) return None();
  if (!has_secret || keys.secret_access_key.empty()) {
    return Status::Source("AWS_CREDENTIAL_FILE " + path +
                          ": it has AWSAccessKeyId and lacks AWSSecretKey");
  }
  keys.method = "ec2-credentials-file";
  return std::optional(std::move(keys));
}

FoundKeys KeysOfBotoConfig() {
  const char* given = std::getenv("BOTO_CONFIG");
  const char* const usual[] = {"/etc/boto.cfg", "~/.boto"};
  for (size_t i = 0; i < (given != nullptr ? 1 : std::size(usual)); ++i) {
    const std::string path =
        ExpandUser(ExpandVariables(given != nullptr ? given : usual[i]));
    Result<IniFile> file = LoadIni(path);
    if (!file.ok()) return file.status();
    const auto section = file->sections.find("Credentials");
    if (section == file->sections.end()) continue;
    FoundKeys keys = KeysOfSection(&section->second, path + ", [Credentials]",
                                   "boto-config", false);
    if (!keys.ok() || keys->has_value()) return keys;
  }
  return None();
}

FoundKeys KeysOfLogin(const ProfileSet& profiles,
                      std::string_view profile_name) {
  const Profile* profile = profiles.Find(profile_name);
  if (profile == nullptr) return None();
  const std::string* session = profile->Text("login_session");
  if (session == nullptr) return None();
  const std::string name(profile_name);
  const char* folder = std::getenv("AWS_LOGIN_CACHE_DIRECTORY");
  const std::string path =
      (folder != nullptr ? ExpandUser(ExpandVariables(folder))
                         : ExpandUser("~/.aws/login/cache")) +
      "/" + Sha256Hex(*session) + ".json";
  const Status missing =
      Status::Source("AWS profile " + name + ": there is no login in " + path +
                     "; run aws login --profile " + name);
  Result<std::optional<SecretString>> file = ReadFile(path);
  if (!file.ok()) return file.status();
  if (!file->has_value()) return missing;
  const Result<JsonDocument> json = JsonDocument::Parse((*file)->view());
  if (!json.ok() || !json->root().IsObject()) return missing;
  const auto token = json->root().FindMember("accessToken");
  if (token == json->root().MemberEnd()) return missing;
  Credentials keys;
  keys.access_key_id = SecretString(JsonString(token->value, "accessKeyId"));
  keys.secret_access_key =
      SecretString(JsonString(token->value, "secretAccessKey"));
  keys.session_token = SecretString(JsonString(token->value, "sessionToken"));
  keys.expiry = ParseTimestamp(JsonString(token->value, "expiresAt"));
  if (keys.access_key_id.empty() || keys.secret_access_key.empty() ||
      keys.session_token.empty() || !keys.expiry.has_value()) {
    return missing;
  }
  keys.method = "login";
  return std::optional(std::move(keys));
}

}  // namespace maskpipe::aws
