#include "src/fetch/aws/secrets.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string_view>

#include "src/base/arena.h"
#include "src/fetch/aws/file.h"
#include "src/secret/json.h"
#include "src/secret/text.h"

namespace maskpipe::aws {
namespace {

// Of profiles and of boto's [Credentials].
constexpr std::string_view kProfileKeys[] = {
    "aws_access_key_id", "aws_secret_access_key", "aws_session_token",
    "aws_security_token"};

constexpr const char* kVariables[] = {
    "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN", "AWS_CONTAINER_AUTHORIZATION_TOKEN"};

// Variables and profile keys that name a file which is a token.
constexpr const char* kTokenFiles[] = {"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
                                       "AWS_WEB_IDENTITY_TOKEN_FILE"};

// Of the JSON files in caches.
constexpr std::string_view kCacheKeys[] = {
    "accessToken", "refreshToken",    "idToken",      "clientSecret",
    "accessKeyId", "secretAccessKey", "sessionToken", "dpopKey",
    "AccessKeyId", "SecretAccessKey", "SessionToken"};

constexpr const char* kCaches[] = {"~/.aws/sso/cache", "~/.aws/login/cache",
                                   "~/.aws/cli/cache", "~/.aws/boto/cache"};

constexpr size_t kLeastSecret = 8;

template <typename List>
bool Holds(const List& list, std::string_view text) {
  return std::find(std::begin(list), std::end(list), text) != std::end(list);
}

class Collector {
 public:
  Collector(SecretStore* store, std::vector<std::string>* warnings)
      : store_(store), warnings_(warnings) {}

  void Add(const std::string& place, std::string_view key,
           std::string_view value) {
    CollectSecret(place + "/" + std::string(key), value, store_);
  }

  void AddSection(const std::string& place, const IniSection& section) {
    for (const auto& [key, value] : section.values) {
      if (Holds(kProfileKeys, key)) Add(place, key, value.text);
    }
  }

  void AddTokenFile(const std::string& place, const std::string& path) {
    if (path.empty()) return;
    if (auto text = Read(path)) Add(place, "token", text->view());
  }

  // Lines of NAME=VALUE.
  void AddLines(const std::string& place, const std::string& path) {
    const auto text = Read(path);
    if (!text.has_value()) return;
    std::string_view rest = text->view();
    while (!rest.empty()) {
      const size_t end = rest.find('\n');
      const std::string_view line = rest.substr(0, end);
      rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
      const size_t equals = line.find('=');
      if (equals == line.npos) continue;
      Add(place, "key", Trim(line.substr(equals + 1)));
    }
  }

  void AddBotoConfig(const std::string& path) {
    const Result<IniFile> file = LoadIni(path);
    if (!file.ok()) return Warn(file.status());
    for (const auto& [name, section] : file->sections) {
      AddSection("boto/" + name, section);
    }
  }

  void AddCache(const std::string& folder) {
    std::error_code error;
    for (const auto& entry :
         std::filesystem::directory_iterator(folder, error)) {
      if (entry.path().extension() == ".json") AddJson(entry.path().string());
    }
    // No such folder is the usual case.
    if (error && error != std::errc::no_such_file_or_directory &&
        error != std::errc::not_a_directory) {
      warnings_->push_back(folder + ": " + error.message());
    }
  }

 private:
  std::optional<SecretString> Read(const std::string& path) {
    Result<std::optional<SecretString>> file = ReadFile(path);
    if (file.ok()) return std::move(*file);
    Warn(file.status());
    return std::nullopt;
  }

  void AddJson(const std::string& path) {
    const auto text = Read(path);
    if (!text.has_value()) return;
    Arena arena;
    JsonText json;
    if (const JsonError e = ReadJson(text->view(), &arena, &json);
        !e.what.empty()) {
      warnings_->push_back(path + ": no valid JSON; what it holds is not " +
                           "known to be secret");
      return;
    }
    const std::string place =
        "cache/" + std::filesystem::path(path).stem().string();
    for (const JsonLeaf& leaf : json.leaves) {
      if (Holds(kCacheKeys, leaf.key)) Add(place, leaf.key, leaf.value);
    }
  }

  void Warn(const Status& status) { warnings_->push_back(status.message()); }

  SecretStore* store_;
  std::vector<std::string>* warnings_;
};

}  // namespace

void CollectSecrets(const ProfileSet& profiles, SecretStore* store,
                    std::vector<std::string>* warnings) {
  Collector collector(store, warnings);
  for (const auto* sections :
       {&profiles.config_sections(), &profiles.credentials_sections()}) {
    for (const auto& [name, section] : *sections) {
      collector.AddSection(name, section);
      const std::string* token = section.Text("web_identity_token_file");
      if (token != nullptr) collector.AddTokenFile(name, *token);
    }
  }
  for (const char* name : kVariables) {
    const char* value = std::getenv(name);
    if (value != nullptr) collector.Add("environment", name, value);
  }
  for (const char* name : kTokenFiles) {
    const char* path = std::getenv(name);
    if (path != nullptr) collector.AddTokenFile(name, path);
  }
  if (const char* path = std::getenv("AWS_CREDENTIAL_FILE")) {
    collector.AddLines("AWS_CREDENTIAL_FILE", ExpandUser(path));
  }
  const char* boto = std::getenv("BOTO_CONFIG");
  for (const char* path : {boto, "/etc/boto.cfg", "~/.boto"}) {
    if (path != nullptr) {
      collector.AddBotoConfig(ExpandUser(ExpandVariables(path)));
    }
  }
  for (const char* folder : kCaches) collector.AddCache(ExpandUser(folder));
  if (const char* folder = std::getenv("AWS_LOGIN_CACHE_DIRECTORY")) {
    collector.AddCache(ExpandUser(ExpandVariables(folder)));
  }
}

void CollectSecrets(const Credentials& credentials, SecretStore* store) {
  std::vector<std::string> none;
  Collector collector(store, &none);
  collector.Add(credentials.method, "access_key_id",
                credentials.access_key_id.view());
  collector.Add(credentials.method, "secret_access_key",
                credentials.secret_access_key.view());
  collector.Add(credentials.method, "session_token",
                credentials.session_token.view());
}

void CollectSecret(const std::string& name, std::string_view value,
                   SecretStore* store) {
  if (value.size() < kLeastSecret) return;
  store->Add({.name = "aws/" + name, .open = false, .certain = true}, value);
}

}  // namespace maskpipe::aws
