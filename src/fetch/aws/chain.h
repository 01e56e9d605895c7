// Finds the credentials of a session where botocore would, and keeps them
// fresh.
//
//   CredentialChain chain(&session, deadline);
//   Result<std::shared_ptr<const Credentials>> keys = chain.Resolve();
//   if (!keys.ok()) return keys.status();
//
// The order is botocore's (credentials.py, create_credential_resolver): keys
// of the session itself, environment, assume-role of the profile, web
// identity, SSO, credentials file, `aws login`, credential_process, keys in
// the config file, AWS_CREDENTIAL_FILE, boto.cfg, container, instance
// metadata. The first link that is configured decides: where it fails, the
// chain fails, and no later link is asked.

#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>

#include "src/base/status.h"
#include "src/fetch/aws/credentials.h"
#include "src/secret/secret.h"

namespace maskpipe::aws {

class Session;

class CredentialChain {
 public:
  using Clock = std::function<Time()>;

  // The session must outlive the chain. Nothing is fetched after `deadline`.
  // The chain has an HTTP client of its own, so that it may be asked within a
  // callback of another one. `clock` tells when credentials expire.
  CredentialChain(const Session* session,
                  std::chrono::steady_clock::time_point deadline,
                  Clock clock = std::chrono::system_clock::now);
  ~CredentialChain();
  CredentialChain(const CredentialChain&) = delete;
  CredentialChain& operator=(const CredentialChain&) = delete;

  // Credentials to sign the next request with; blocks while it fetches. Ask
  // before every request, the answer is kept: with less than 15 minutes left
  // they are fetched again (where that fails the old ones serve on), with less
  // than 10 minutes they must be; at most once a minute. Thread-safe.
  Result<std::shared_ptr<const Credentials>> Resolve();

  // Adds all credentials that were met so far on the way to the resolved ones:
  // also those with which a role was assumed, and the tokens of SSO logins.
  void CollectSecrets(SecretStore* store);

 private:
  class Links;

  std::mutex mutex_;
  const Clock clock_;
  std::unique_ptr<Links> links_;
  std::shared_ptr<const Credentials> current_;
  Time next_try_;
};

}  // namespace maskpipe::aws
