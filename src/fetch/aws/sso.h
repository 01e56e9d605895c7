// IAM Identity Center ("SSO"): credentials of a role for whoever logged in with
// `aws sso login`, whose token stands in ~/.aws/sso/cache.

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/secret_string.h"
#include "src/base/status.h"
#include "src/fetch/aws/credentials.h"
#include "src/fetch/aws/session.h"
#include "src/fetch/http/http.h"

namespace maskpipe::aws {

// What a profile says of its SSO login.
struct SsoConfig {
  std::string profile_name;
  std::string session_name;  // empty: a legacy profile, without sso_session
  std::string start_url;
  std::string region;
  std::string account_id;
  std::string role_name;
};

// None where the profile has neither sso_account_id nor sso_role_name; an error
// where it has one of them and lacks something else.
Result<std::optional<SsoConfig>> FindSsoConfig(const ProfileSet& profiles,
                                               std::string_view profile_name);

// Reads the cached token, refreshes it where it has less than 15 minutes left,
// and asks for the role's credentials. A refreshed token is written back (mode
// 0600, by rename), since its refresh token can be used once only; where the
// cache cannot be written, the token is therefore used as it is until it ends.
// Every token that was read or given is added to `tokens`.
Result<Credentials> SsoCredentials(const SsoConfig& config,
                                   const Session& session, Time now,
                                   HttpClient* client,
                                   std::vector<SecretString>* tokens);

// The file that holds the token of a session, or of a legacy start URL.
std::string SsoCachePath(std::string_view name);

}  // namespace maskpipe::aws
