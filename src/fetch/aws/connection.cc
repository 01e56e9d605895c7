#include "src/fetch/aws/connection.h"

namespace maskpipe::aws {

Result<std::unique_ptr<Connection>> Connection::Open(
    SessionOptions options, Service service,
    std::chrono::steady_clock::time_point deadline) {
  Result<std::unique_ptr<Session>> session = Session::Open(std::move(options));
  if (!session.ok()) return session.status();
  Result<Endpoint> endpoint = (*session)->EndpointOf(service.name);
  if (!endpoint.ok()) return endpoint.status();
  if (endpoint->url.starts_with("http://") && !endpoint->configured) {
    return Status::Source("the endpoint of " + std::string(service.name) +
                          " is plain http, and nobody configured it so");
  }
  std::unique_ptr<Connection> connection(new Connection());
  connection->session_ = std::move(*session);
  connection->chain_ =
      std::make_unique<CredentialChain>(connection->session_.get(), deadline);
  connection->http_ = std::make_unique<HttpClient>(HttpOptions{
      .deadline = deadline,
      .ca_bundle = connection->session_->CaBundle().value_or(""),
  });
  ClientOptions client{.service = service,
                       .endpoint = endpoint->url,
                       .signing_region = endpoint->signing_region,
                       .signing_name = endpoint->signing_name};
  const auto attempts = connection->session_->MaxAttempts();
  if (!attempts.ok()) return attempts.status();
  client.attempts = attempts->value_or(client.attempts);
  connection->client_ = std::make_unique<Client>(
      std::move(client),
      [chain = connection->chain_.get()] { return chain->Resolve(); },
      connection->http_.get());
  return connection;
}

}  // namespace maskpipe::aws
