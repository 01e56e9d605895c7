#include "src/fetch/aws/web_identity.h"

#include <cstdlib>

#include "src/fetch/aws/file.h"

namespace maskpipe::aws {

Result<std::optional<WebIdentity>> FindWebIdentity(const ProfileSet& profiles,
                                                   std::string_view profile,
                                                   bool environment) {
  const Profile* section = profiles.Find(profile);
  // A variable that is set hides the profile's key even where it is empty.
  const auto find = [&](const char* variable, const char* key) {
    const char* value = environment ? std::getenv(variable) : nullptr;
    if (value != nullptr) return std::string(value);
    const std::string* text = section ? section->Text(key) : nullptr;
    return text ? *text : std::string();
  };
  WebIdentity identity;
  identity.token_file =
      find("AWS_WEB_IDENTITY_TOKEN_FILE", "web_identity_token_file");
  if (identity.token_file.empty()) return std::optional<WebIdentity>();
  identity.role_arn = find("AWS_ROLE_ARN", "role_arn");
  if (identity.role_arn.empty()) {
    return Status::Source(
        "web identity: there is a token file and no role; set AWS_ROLE_ARN, or "
        "role_arn in AWS profile " +
        std::string(profile));
  }
  identity.session_name = find("AWS_ROLE_SESSION_NAME", "role_session_name");
  return std::optional(std::move(identity));
}

Result<SecretString> ReadWebIdentityToken(const std::string& token_file) {
  Result<std::optional<SecretString>> file = ReadFile(token_file);
  if (!file.ok()) return file.status();
  if (!file->has_value() || (*file)->empty()) {
    return Status::Source("web identity: no token stands in " + token_file);
  }
  return std::move(**file);
}

}  // namespace maskpipe::aws
