// One service of one account, ready to be called: a session, its credentials,
// and a pool of connections.
//
//   auto aws = Connection::Open({.region_name = "eu-west-1"}, kSecretsManager,
//                               deadline);
//   if (!aws.ok()) return aws.status();
//   SecretsManager manager((*aws)->client(), (*aws)->http());

#pragma once

#include <chrono>
#include <memory>

#include "src/base/status.h"
#include "src/fetch/aws/chain.h"
#include "src/fetch/aws/client.h"
#include "src/fetch/aws/session.h"
#include "src/fetch/http/http.h"

namespace maskpipe::aws {

class Connection {
 public:
  // Reads files and looks for a region, but asks nobody yet. Plain http only to
  // this machine or where the user configured it so.
  static Result<std::unique_ptr<Connection>> Open(
      SessionOptions options, Service service,
      std::chrono::steady_clock::time_point deadline);

  Client* client() { return client_.get(); }
  HttpClient* http() { return http_.get(); }
  const Session& session() const { return *session_; }
  CredentialChain* credentials() { return chain_.get(); }

 private:
  Connection() = default;

  std::unique_ptr<Session> session_;
  std::unique_ptr<CredentialChain> chain_;
  std::unique_ptr<HttpClient> http_;
  std::unique_ptr<Client> client_;
};

}  // namespace maskpipe::aws
