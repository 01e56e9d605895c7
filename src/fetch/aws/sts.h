// AWS Security Token Service: credentials of a role (API version 2011-06-15).
//
//   Result<Credentials> role = AssumeRole(request, endpoint, keys, &client);
//
// Failing calls are errors that name the role and STS's error type.

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "src/base/status.h"
#include "src/fetch/aws/credentials.h"
#include "src/fetch/aws/endpoint.h"
#include "src/fetch/http/http.h"

namespace maskpipe::aws {

struct AssumeRoleRequest {
  std::string role_arn;
  std::string session_name;  // empty: one is made up
  std::string external_id;   // empty: none
  std::string policy;        // empty: none
  std::optional<int> duration_seconds;
};

// Signed with the credentials `from`.
Result<Credentials> AssumeRole(const AssumeRoleRequest& request,
                               const Endpoint& sts, const Credentials& from,
                               HttpClient* client);

// Not signed; `token` is what an identity provider (Kubernetes) issued.
Result<Credentials> AssumeRoleWithWebIdentity(const AssumeRoleRequest& request,
                                              std::string_view token,
                                              const Endpoint& sts,
                                              HttpClient* client);

}  // namespace maskpipe::aws
