// What the AWS kinds share: the options of a SPEC.

#pragma once

#include <string>
#include <vector>

#include "src/base/status.h"
#include "src/fetch/aws/connection.h"
#include "src/fetch/aws/session.h"
#include "src/secret/secret.h"
#include "src/source/spec.h"

namespace maskpipe {

// [region=…,profile=…,endpoint_url=…,role_arn=…,external_id=…,
// role_session_name=…,ca_bundle=…]; another one is refused.
Result<aws::SessionOptions> AwsOptions(const SourceSpec& spec);

// [names=A;B]: what to read without listing.
std::vector<std::string> AwsNames(const SourceSpec& spec);

// What a session itself holds that no log should show: keys and tokens of every
// profile, of the environment and of caches, and those that it was given. What
// is too short to come from AWS, an emulator's "test", is a word like any other
// and stays out.
void AddAwsKeys(aws::Connection* connection, SecretStore* store,
                std::vector<std::string>* warnings);

}  // namespace maskpipe
