// AWS credentials: what a request is signed with.

#pragma once

#include <optional>
#include <string>

#include "src/base/secret_string.h"
#include "src/fetch/aws/timestamp.h"

namespace maskpipe::aws {

struct Credentials {
  SecretString access_key_id;
  SecretString secret_access_key;
  SecretString session_token;  // empty: long-lived keys
  std::optional<Time> expiry;  // none: they last
  // The link of the chain that gave them, as botocore calls it: "env",
  // "assume-role", "sso", "iam-role" … For messages.
  std::string method;

  Credentials Clone() const {
    return {access_key_id.Clone(), secret_access_key.Clone(),
            session_token.Clone(), expiry, method};
  }
};

}  // namespace maskpipe::aws
