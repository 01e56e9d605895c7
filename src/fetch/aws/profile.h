// The profiles, SSO sessions and service sections of ~/.aws/config and
// ~/.aws/credentials, put together as botocore does (session.py, full_config;
// configloader.py).
//
//   Result<ProfileSet> set = ProfileSet::Load(config_path, credentials_path);
//   const Profile* etl = set->Find("etl");

#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "src/base/status.h"
#include "src/fetch/aws/ini.h"

namespace maskpipe::aws {

// Keys and values; a value with indented lines below it is a section of its
// own. Copies of values live here until the set goes: the fetcher's heap is
// wiped as it is freed.
using Profile = IniSection;

class ProfileSet {
 public:
  using Sections = std::map<std::string, Profile, std::less<>>;

  // Files that do not exist are empty ones. In a path, ~, ~USER, $VAR and
  // ${VAR} are expanded.
  static Result<ProfileSet> Load(const std::string& config_path,
                                 const std::string& credentials_path);

  // A profile of both files: keys of the credentials file outweigh those of
  // the config file. Null where neither names it.
  const Profile* Find(std::string_view name) const;

  // As each file alone has it.
  const Profile* FindInCredentials(std::string_view name) const;
  const Profile* FindInConfig(std::string_view name) const;

  const Profile* FindSsoSession(std::string_view name) const;
  const Profile* FindServices(std::string_view name) const;

  // Every section of either file under its whole header, also those that are
  // no profiles.
  const Sections& config_sections() const { return config_sections_; }
  const Sections& credentials_sections() const { return credentials_; }

 private:
  Sections profiles_;
  Sections config_sections_;
  Sections config_;
  Sections credentials_;
  Sections sso_sessions_;
  Sections services_;
};

}  // namespace maskpipe::aws
