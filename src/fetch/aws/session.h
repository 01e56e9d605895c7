// What an AWS client is configured with: found where botocore's Session and
// Airflow's AWS connection find it.
//
//   Result<std::unique_ptr<Session>> session =
//       Session::Open({.profile_name = "etl"});
//   if (!session.ok()) return session.status();
//   Result<Endpoint> to = (*session)->EndpointOf("secretsmanager");
//   CredentialChain chain(session->get(), &client);
//
// Reads AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE once, when opened. A
// Session is immutable and may be read by any number of threads.

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "src/base/status.h"
#include "src/fetch/aws/credentials.h"
#include "src/fetch/aws/endpoint.h"
#include "src/fetch/aws/profile.h"

namespace maskpipe::aws {

// A role on top of the session's credentials, as Airflow's `role_arn` asks.
struct RoleOptions {
  std::string role_arn;
  std::string session_name;  // empty: one is made up
  std::string external_id;
  std::string policy;
  std::optional<int> duration_seconds;
  // Of `assume_role_with_web_identity`: the file that holds the token. Set:
  // the session's credentials are not used.
  std::string web_identity_token_file;
  std::string endpoint_url;  // of STS only; empty: as configured
};

// What a caller says itself; outweighs environment and files.
struct SessionOptions {
  std::optional<std::string> profile_name;
  std::optional<std::string> region_name;
  // Of the client, not of STS and SSO; empty counts as given and as none.
  std::optional<std::string> endpoint_url;
  // "verify": a CA file; unset: as configured. (There is no way to switch
  // verification off.)
  std::optional<std::string> ca_bundle;
  // aws_access_key_id, aws_secret_access_key, aws_session_token; without an
  // access_key_id the chain is asked.
  Credentials keys;
  std::optional<RoleOptions> role;
};

class Session {
 public:
  static Result<std::unique_ptr<Session>> Open(SessionOptions options);

  const SessionOptions& options() const { return options_; }
  const ProfileSet& profiles() const { return profiles_; }
  // The profile in use: given, AWS_DEFAULT_PROFILE, AWS_PROFILE, "default".
  const std::string& profile_name() const { return profile_name_; }
  const Profile& profile() const { return *profile_; }

  // The region to call: given, AWS_DEFAULT_REGION, the profile's; an error that
  // tells where to set one. AWS_REGION is what other SDKs read and botocore
  // does not (Airflow would find no region): it is taken last, and
  // RegionIsFromAwsRegion() lets the caller say so.
  Result<std::string> Region() const;
  bool RegionIsFromAwsRegion() const;

  // Where the service answers: "secretsmanager", "ssm", "sts", "sso",
  // "sso-oidc", in the session's region or in the one given.
  Result<Endpoint> EndpointOf(
      std::string_view service,
      std::optional<std::string> region = std::nullopt) const;

  // The file with the certificates to trust; none: the system's.
  std::optional<std::string> CaBundle() const;

  // AWS_MAX_ATTEMPTS, or the profile's.
  Result<std::optional<int>> MaxAttempts() const;

  // A configuration variable: `environment` if set (also to nothing), else
  // `key` of the profile.
  std::optional<std::string> Variable(std::string_view environment,
                                      std::string_view key) const;

 private:
  Session() = default;
  std::optional<std::string> RegionIfAny() const;
  // The URL that environment or files name for a service.
  Result<std::optional<std::string>> ConfiguredUrl(
      std::string_view service) const;

  SessionOptions options_;
  ProfileSet profiles_;
  std::string profile_name_;
  const Profile* profile_ = nullptr;  // in profiles_, or an empty one
};

}  // namespace maskpipe::aws
