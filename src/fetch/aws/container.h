// Credentials of an ECS task or an EKS pod, from the endpoint that its
// environment names (AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or _FULL_URI).

#pragma once

#include <optional>
#include <string>

#include "src/base/secret_string.h"
#include "src/base/status.h"
#include "src/fetch/aws/credentials.h"
#include "src/fetch/http/http.h"

namespace maskpipe::aws {

// None where the environment names no endpoint. One that is neither https nor
// on loopback nor an address of ECS or EKS is refused: it would get the pod's
// token, and could hand out credentials of its own.
Result<std::optional<std::string>> ContainerUrl();

// The value of the Authorization header: AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE
// (EKS replaces the file, so it is read each time), else
// AWS_CONTAINER_AUTHORIZATION_TOKEN; empty where there is neither.
Result<SecretString> ContainerToken();

Result<Credentials> ContainerCredentials(const std::string& url,
                                         HttpClient* client);

}  // namespace maskpipe::aws
