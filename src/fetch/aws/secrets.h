// What the AWS tools keep on a machine and a log must not show: whoever runs
// here may use any profile and print it.
//
//   CollectSecrets(session->profiles(), &store, &warnings);

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "src/fetch/aws/credentials.h"
#include "src/fetch/aws/profile.h"
#include "src/secret/secret.h"

namespace maskpipe::aws {

// Adds the keys and tokens of every section of both files, of the environment,
// of AWS_CREDENTIAL_FILE and boto.cfg, the tokens of containers and identity
// providers, and what stands in the caches of `aws sso login`, `aws login`, the
// command line tools and boto. A cache file that cannot be read is warned
// about. Call it again after credentials were resolved: a refreshed login is
// written there.
void CollectSecrets(const ProfileSet& profiles, SecretStore* store,
                    std::vector<std::string>* warnings);

// The three parts of one set of credentials.
void CollectSecrets(const Credentials& credentials, SecretStore* store);

// One value, named "aws/NAME". Values below 8 characters are left out: they are
// what emulators are given ("test"), and masking them would blank the log.
void CollectSecret(const std::string& name, std::string_view value,
                   SecretStore* store);

}  // namespace maskpipe::aws
