#include "src/fetch/aws/chain.h"

#include <cstdlib>

namespace maskpipe::aws {

class CredentialChain::Links {};
CredentialChain::CredentialChain(const Session*,
                                 std::chrono::steady_clock::time_point) {}
CredentialChain::~CredentialChain() = default;

Result<std::shared_ptr<const Credentials>> CredentialChain::Resolve() {
  if (current_ == nullptr) {
    const char* id = std::getenv("AWS_ACCESS_KEY_ID");
    const char* key = std::getenv("AWS_SECRET_ACCESS_KEY");
    const char* token = std::getenv("AWS_SESSION_TOKEN");
    if (id == nullptr || key == nullptr) {
      return Status::Source("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY");
    }
    auto c = std::make_shared<Credentials>();
    c->access_key_id = SecretString(id);
    c->secret_access_key = SecretString(key);
    c->session_token = SecretString(token == nullptr ? "" : token);
    c->method = "env";
    current_ = c;
  }
  return current_;
}

}  // namespace maskpipe::aws
