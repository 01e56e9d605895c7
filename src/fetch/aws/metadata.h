// The answer that ECS, EKS and EC2 give to who asks for credentials.

#pragma once

#include <optional>
#include <string_view>

#include "src/fetch/aws/credentials.h"

namespace maskpipe::aws {

// {"AccessKeyId", "SecretAccessKey", "Token", "Expiration"}; none where one of
// them is missing. `method` stays empty.
std::optional<Credentials> ReadMetadata(std::string_view json);

}  // namespace maskpipe::aws
