// What the AWS kinds share: the options of a SPEC, and the session's own keys.

#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/status.h"
#include "src/fetch/aws/connection.h"
#include "src/fetch/aws/read_report.h"
#include "src/fetch/aws/session.h"
#include "src/secret/secret.h"
#include "src/secret/warning.h"
#include "src/source/source.h"
#include "src/source/spec.h"

namespace maskpipe {

// [region=…,profile=…,endpoint_url=…,role_arn=…,external_id=…,
// role_session_name=…,ca_bundle=…,names=…,versions=…]; another one is refused.
Result<aws::SessionOptions> AwsOptions(const SourceSpec& spec);

// [names=A;B]: what to read without listing.
std::vector<std::string> AwsNames(const SourceSpec& spec);

// [versions=all|current]: whether a version that is not current is read, too.
Result<bool> AwsCurrentOnly(const SourceSpec& spec);

// Reads one store of AWS's under a SPEC: opens the session that its options
// describe, lets `read` do the reading, and adds what it gives and the
// session's own keys. `noun` is what a message calls one value, "secret".
using AwsReader =
    std::function<aws::ReadReport(aws::Connection*, const aws::ValueSink&)>;
Status ReadAws(const SourceSpec& spec, const SourceLimits& limits,
               aws::Service service, std::string_view noun,
               const AwsReader& read, SecretStore* store,
               std::vector<Warning>* warnings);

// What a session itself holds that no log should show: keys and tokens of every
// profile, of the environment and of caches, and those that it was given. What
// is too short to come from AWS, an emulator's "test", is a word like any other
// and stays out.
void AddAwsKeys(aws::Connection* connection, SecretStore* store,
                std::vector<Warning>* warnings);

}  // namespace maskpipe
