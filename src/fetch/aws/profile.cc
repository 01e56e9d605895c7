#include "src/fetch/aws/profile.h"

#include <utility>

#include "src/fetch/aws/file.h"
#include "src/fetch/aws/shell_words.h"

namespace maskpipe::aws {
namespace {

// Keys that hold one value: indented lines below one of them are a slip of the
// hand, and to take the key for absent could choose other credentials.
constexpr std::string_view kPlainKeys[] = {
    "aws_access_key_id",  "aws_secret_access_key",
    "aws_security_token", "aws_session_token",
    "role_arn",           "source_profile",
    "credential_source",  "role_session_name",
    "external_id",        "duration_seconds",
    "mfa_serial",         "web_identity_token_file",
    "credential_process", "login_session",
    "sso_session",        "sso_start_url",
    "sso_region",         "sso_account_id",
    "sso_role_name",      "region",
    "endpoint_url",       "services",
    "ca_bundle"};

Status CheckPlain(const std::string& path, const IniFile& file) {
  for (const auto& [name, section] : file.sections) {
    // A services section nests by design.
    if (name.starts_with("services")) continue;
    for (const std::string_view key : kPlainKeys) {
      const IniValue* value = section.Find(key);
      if (value == nullptr || !value->is_nested) continue;
      return Status::Source(path + ": " + std::string(key) + " in [" + name +
                            "] has indented lines below it; it takes one "
                            "value on its own line");
    }
  }
  return Status::Ok();
}

const Profile* In(const std::map<std::string, Profile, std::less<>>& sections,
                  std::string_view name) {
  const auto at = sections.find(name);
  return at == sections.end() ? nullptr : &at->second;
}

// NAME of "KIND NAME" with a shell's quotes.
std::optional<std::string> NameOf(const std::string& header) {
  std::optional<std::vector<std::string>> words = SplitWords(header);
  if (!words.has_value() || words->size() != 2) return std::nullopt;
  return std::move((*words)[1]);
}

}  // namespace

Result<ProfileSet> ProfileSet::Load(const std::string& config_path,
                                    const std::string& credentials_path) {
  ProfileSet set;
  const std::string config = ExpandUser(ExpandVariables(config_path));
  Result<IniFile> file = LoadIni(config);
  if (!file.ok()) return file.status();
  if (Status s = CheckPlain(config, *file); !s.ok()) return s;
  // In the file's order: [default] and [profile default] may both stand, and
  // the later one counts.
  for (const std::string& header : file->order) {
    Profile& section = file->sections[header];
    if (header.starts_with("profile")) {
      if (auto name = NameOf(header)) set.config_[*name] = section;
    } else if (header.starts_with("sso-session")) {
      if (auto name = NameOf(header)) set.sso_sessions_[*name] = section;
    } else if (header.starts_with("services")) {
      if (auto name = NameOf(header)) set.services_[*name] = section;
    } else if (header == "default") {
      set.config_[header] = section;
    }
  }
  set.config_sections_ = std::move(file->sections);
  const std::string credentials = ExpandUser(ExpandVariables(credentials_path));
  file = LoadIni(credentials);
  if (!file.ok()) return file.status();
  if (Status s = CheckPlain(credentials, *file); !s.ok()) return s;
  set.credentials_ = std::move(file->sections);
  set.profiles_ = set.config_;
  for (const auto& [name, section] : set.credentials_) {
    set.profiles_[name].Update(section);
  }
  return set;
}

const Profile* ProfileSet::Find(std::string_view name) const {
  return In(profiles_, name);
}

const Profile* ProfileSet::FindInCredentials(std::string_view name) const {
  return In(credentials_, name);
}

const Profile* ProfileSet::FindInConfig(std::string_view name) const {
  return In(config_, name);
}

const Profile* ProfileSet::FindSsoSession(std::string_view name) const {
  return In(sso_sessions_, name);
}

const Profile* ProfileSet::FindServices(std::string_view name) const {
  return In(services_, name);
}

}  // namespace maskpipe::aws
