// Calls of an AWS service with the JSON 1.1 protocol: signed, retried, and
// judged by the error's type.
//
//   Client client({.service = kSecretsManager, …}, credentials, &http);
//   client.Start("ListSecrets", "{}", [&](Answer answer) { … });
//   http.Run();
//
// What a service says in words is never repeated: a signature error quotes the
// signed headers, and nobody knows what else. Messages hold the operation and
// the type.

#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "src/base/status.h"
#include "src/fetch/aws/credentials.h"
#include "src/fetch/http/http.h"
#include "src/fetch/json/document.h"

namespace maskpipe::aws {

struct Service {
  std::string_view name;           // as endpoint rules and IAM actions call it
  std::string_view target_prefix;  // of X-Amz-Target
};

inline constexpr Service kSecretsManager{"secretsmanager", "secretsmanager."};
inline constexpr Service kParameterStore{"ssm", "AmazonSSM."};

struct Answer {
  // What the service calls its error, without namespace; empty where there is
  // none, and where no service answered at all.
  std::string error;
  long http_status = 0;
  Status status;      // Ok, or the operation and what went wrong
  JsonDocument body;  // an object, of an Ok

  bool ok() const { return status.ok(); }
  // The server, an emulator, does not know the operation.
  bool unknown_operation() const;
  bool access_denied() const;
};

using CredentialSource =
    std::function<Result<std::shared_ptr<const Credentials>>()>;

struct ClientOptions {
  Service service;
  std::string endpoint;        // a URL
  std::string signing_region;  // of the signature's scope
  std::string signing_name;
  int attempts = 3;
};

class Client {
 public:
  using Done = std::function<void(Answer)>;

  // `http` must outlive the client. `credentials` is asked before each request.
  Client(ClientOptions options, CredentialSource credentials, HttpClient* http);

  // Queues a call; `done` is called once, within http's Run() (at once where
  // there are no credentials).
  void Start(std::string_view operation, std::string body, Done done);

  const ClientOptions& options() const { return options_; }

 private:
  ClientOptions options_;
  CredentialSource credentials_;
  HttpClient* http_;
};

// How to mend what an error says, ", …" or empty. `action` is the IAM action.
std::string Remedy(std::string_view error, std::string_view action);

}  // namespace maskpipe::aws
