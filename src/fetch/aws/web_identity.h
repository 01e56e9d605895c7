// A role for whoever holds a token of an identity provider: Kubernetes service
// accounts on EKS (IRSA).

#pragma once

#include <optional>
#include <string>

#include "src/base/status.h"
#include "src/fetch/aws/session.h"

namespace maskpipe::aws {

struct WebIdentity {
  std::string token_file;
  std::string role_arn;
  std::string session_name;  // empty: none is given
};

// From AWS_WEB_IDENTITY_TOKEN_FILE, AWS_ROLE_ARN and AWS_ROLE_SESSION_NAME
// (`environment`), each else from the profile. None without a token file, an
// error without a role.
Result<std::optional<WebIdentity>> FindWebIdentity(const ProfileSet& profiles,
                                                   std::string_view profile,
                                                   bool environment);

// The token, as it stands in the file.
Result<SecretString> ReadWebIdentityToken(const std::string& token_file);

}  // namespace maskpipe::aws
