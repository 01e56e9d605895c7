// Keys that stand somewhere as they are: in the environment and in files.
//
// Each function gives none where its place names no access key, and an error
// where it names one without its secret key (botocore's
// PartialCredentialsError): half a pair is a mistake, not an absence.

#pragma once

#include <optional>
#include <string_view>

#include "src/base/status.h"
#include "src/fetch/aws/credentials.h"
#include "src/fetch/aws/profile.h"

namespace maskpipe::aws {

using FoundKeys = Result<std::optional<Credentials>>;

// AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SECURITY_TOKEN or
// AWS_SESSION_TOKEN, AWS_CREDENTIAL_EXPIRATION.
FoundKeys KeysOfEnvironment();

// A profile's in the credentials file alone, and in the config file alone.
FoundKeys KeysOfCredentialsFile(const ProfileSet& profiles,
                                std::string_view profile_name);
FoundKeys KeysOfConfigFile(const ProfileSet& profiles,
                           std::string_view profile_name);

// AWS_CREDENTIAL_FILE of the first EC2 tools: lines of AWSAccessKeyId=… and
// AWSSecretKey=….
FoundKeys KeysOfEc2File();

// [Credentials] of BOTO_CONFIG, else of /etc/boto.cfg or ~/.boto.
FoundKeys KeysOfBotoConfig();

// What `aws login` left for a profile with login_session, while it lasts. It is
// not refreshed here: that needs a proof of possession (DPoP) and a refresh
// token that only `aws login` should spend.
FoundKeys KeysOfLogin(const ProfileSet& profiles,
                      std::string_view profile_name);

}  // namespace maskpipe::aws
