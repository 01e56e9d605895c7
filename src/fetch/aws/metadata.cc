#include "src/fetch/aws/metadata.h"

#include "src/fetch/json/document.h"

namespace maskpipe::aws {

std::optional<Credentials> ReadMetadata(std::string_view text) {
  const Result<JsonDocument> json = JsonDocument::Parse(text);
  if (!json.ok()) return std::nullopt;
  Credentials credentials;
  credentials.access_key_id = SecretString(json->text("AccessKeyId"));
  credentials.secret_access_key = SecretString(json->text("SecretAccessKey"));
  credentials.session_token = SecretString(json->text("Token"));
  credentials.expiry = ParseTimestamp(json->text("Expiration"));
  if (credentials.access_key_id.empty() ||
      credentials.secret_access_key.empty() ||
      credentials.session_token.empty() || !credentials.expiry.has_value()) {
    return std::nullopt;
  }
  return credentials;
}

}  // namespace maskpipe::aws
