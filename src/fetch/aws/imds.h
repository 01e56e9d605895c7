// Credentials of an EC2 instance's role, from its metadata service (IMDSv2, and
// v1 where the service does not know v2 and v1 is not switched off).

#pragma once

#include <optional>

#include "src/base/status.h"
#include "src/fetch/aws/credentials.h"
#include "src/fetch/aws/session.h"
#include "src/fetch/http/http.h"

namespace maskpipe::aws {

// None where there is no such service (we are not on EC2), it is switched off
// (AWS_EC2_METADATA_DISABLED) or the instance has no role. An error only where
// the configuration of the service is wrong.
//
// Credentials that are near their end are kept on as if they lasted longer
// while the service has no newer ones, as botocore does.
Result<std::optional<Credentials>> InstanceCredentials(const Session& session,
                                                       Time now,
                                                       HttpClient* client);

}  // namespace maskpipe::aws
