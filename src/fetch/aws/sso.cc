#include "src/fetch/aws/sso.h"

#include <algorithm>
#include <chrono>

#include "src/fetch/aws/digest.h"
#include "src/fetch/aws/error.h"
#include "src/fetch/aws/file.h"
#include "src/fetch/aws/form.h"
#include "src/fetch/aws/timestamp.h"
#include "src/fetch/json/document.h"

namespace maskpipe::aws {
namespace {

constexpr std::chrono::minutes kRefreshWindow{15};

struct Token {
  SecretString access_token;
  Time expires;
  // What a refresh needs; a legacy login has none of it.
  SecretString client_id, client_secret, refresh_token;
  std::string registration_expires;
};

// What may stand in a header; a line break would begin another one.
bool IsHeaderText(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return c > 0x20 && c < 0x7f;
  });
}

std::string LoginHint(const SsoConfig& config) {
  return "; run aws sso login --profile " + config.profile_name;
}

std::string Where(const SsoConfig& config) {
  return "AWS profile " + config.profile_name + ": SSO login";
}

Result<Token> LoadToken(const SsoConfig& config, const std::string& path) {
  Result<std::optional<SecretString>> file = ReadFile(path);
  if (!file.ok()) return file.status();
  if (!file->has_value()) {
    return Status::Source(Where(config) + ": there is no " + path +
                          LoginHint(config));
  }
  const Result<JsonDocument> json = JsonDocument::Parse((*file)->view());
  const Status broken = Status::Source(Where(config) + ": " + path +
                                       " holds no token" + LoginHint(config));
  if (!json.ok()) return broken;
  Token token;
  token.access_token = SecretString(json->text("accessToken"));
  const std::optional<Time> expires = ParseTimestamp(json->text("expiresAt"));
  if (!IsHeaderText(token.access_token.view()) || !expires.has_value()) {
    return broken;
  }
  token.expires = *expires;
  token.client_id = SecretString(json->text("clientId"));
  token.client_secret = SecretString(json->text("clientSecret"));
  token.refresh_token = SecretString(json->text("refreshToken"));
  token.registration_expires = json->text("registrationExpiresAt");
  return token;
}

void Show(const Token& token, std::vector<SecretString>* tokens) {
  tokens->push_back(token.access_token.Clone());
  tokens->push_back(token.client_secret.Clone());
  tokens->push_back(token.refresh_token.Clone());
}

bool CanRefresh(const Token& token, Time now) {
  const std::optional<Time> registration =
      ParseTimestamp(token.registration_expires);
  return !token.client_id.empty() && !token.client_secret.empty() &&
         !token.refresh_token.empty() && registration.has_value() &&
         *registration > now;
}

// {"name": "value", …}; the fetcher's heap is wiped as it is freed.
class SecretJson {
 public:
  void Add(std::string_view name, std::string_view value) {
    text_ += text_.empty() ? "{" : ", ";
    text_ += JsonQuoted(name) + ": " + JsonQuoted(value);
  }
  std::string Take() { return std::move(text_) + "}"; }

 private:
  std::string text_;
};

// Asks for a new token; none where the service gives none.
std::optional<Token> FetchToken(const Token& old, const Endpoint& oidc,
                                Time now, HttpClient* client) {
  SecretJson body;
  body.Add("grantType", "refresh_token");
  body.Add("clientId", old.client_id.view());
  body.Add("clientSecret", old.client_secret.view());
  body.Add("refreshToken", old.refresh_token.view());
  HttpRequest request;
  request.method = "POST";
  request.url = oidc.url + (oidc.url.ends_with('/') ? "token" : "/token");
  request.headers = {"Content-Type: application/json"};
  request.body = body.Take();
  request.retry = RetryAws;
  const HttpResult result = client->Send(std::move(request));
  if (!result.ok() || result.answer.status != 200) return std::nullopt;
  const Result<JsonDocument> json = JsonDocument::Parse(result.answer.body);
  if (!json.ok() || !json->root().IsObject()) return std::nullopt;
  const auto seconds = json->root().FindMember("expiresIn");
  if (seconds == json->root().MemberEnd() || !seconds->value.IsInt() ||
      !IsHeaderText(json->text("accessToken"))) {
    return std::nullopt;
  }
  Token token;
  token.access_token = SecretString(json->text("accessToken"));
  token.expires = now + std::chrono::seconds(seconds->value.GetInt());
  token.client_id = old.client_id.Clone();
  token.client_secret = old.client_secret.Clone();
  token.registration_expires = old.registration_expires;
  token.refresh_token = SecretString(json->text("refreshToken"));
  return token;
}

std::string CacheText(const SsoConfig& config, const Token& token) {
  SecretJson json;
  json.Add("startUrl", config.start_url);
  json.Add("region", config.region);
  json.Add("accessToken", token.access_token.view());
  json.Add("expiresAt", FormatTimestamp(token.expires));
  json.Add("clientId", token.client_id.view());
  json.Add("clientSecret", token.client_secret.view());
  json.Add("registrationExpiresAt", token.registration_expires);
  if (!token.refresh_token.empty()) {
    json.Add("refreshToken", token.refresh_token.view());
  }
  return json.Take();
}

// The token to use now.
Result<SecretString> UsableToken(const SsoConfig& config,
                                 const Session& session, Time now,
                                 HttpClient* client,
                                 std::vector<SecretString>* tokens) {
  const bool legacy = config.session_name.empty();
  const std::string path =
      SsoCachePath(legacy ? config.start_url : config.session_name);
  Result<Token> token = LoadToken(config, path);
  if (!token.ok()) return token.status();
  Show(*token, tokens);
  std::string why = ": the token in " + path + " has expired";
  if (!legacy && token->expires - now < kRefreshWindow &&
      CanRefresh(*token, now)) {
    Result<Endpoint> oidc = session.EndpointOf("sso-oidc", config.region);
    if (!oidc.ok()) return oidc.status();
    // The file first: a refresh whose result cannot be kept would end the
    // login for everybody else.
    std::optional<Replacement> file = Replacement::Begin(path);
    if (!file.has_value()) {
      why += " and cannot be refreshed, since its folder cannot be written";
    } else if (auto fresh = FetchToken(*token, *oidc, now, client)) {
      Show(*fresh, tokens);
      if (!file->Commit(CacheText(config, *fresh))) {
        return Status::Source(Where(config) + ": the refreshed token could " +
                              "not be written to " + path + LoginHint(config));
      }
      *token = std::move(*fresh);
    } else {
      why += " and was not refreshed by " + HostOf(oidc->url);
    }
  }
  if (token->expires <= now) {
    return Status::Source(Where(config) + why + LoginHint(config));
  }
  return std::move(token->access_token);
}

Result<Credentials> ReadRole(const SsoConfig& config, const std::string& body) {
  const Status unreadable =
      Status::Source(Where(config) + ": the answer for role " +
                     config.role_name + " holds no credentials");
  const Result<JsonDocument> json = JsonDocument::Parse(body);
  if (!json.ok() || !json->root().IsObject()) return unreadable;
  const auto role = json->root().FindMember("roleCredentials");
  if (role == json->root().MemberEnd() || !role->value.IsObject()) {
    return unreadable;
  }
  Credentials credentials;
  credentials.access_key_id =
      SecretString(JsonString(role->value, "accessKeyId"));
  credentials.secret_access_key =
      SecretString(JsonString(role->value, "secretAccessKey"));
  credentials.session_token =
      SecretString(JsonString(role->value, "sessionToken"));
  const auto expiration = role->value.FindMember("expiration");
  if (credentials.access_key_id.empty() ||
      credentials.secret_access_key.empty() ||
      credentials.session_token.empty() ||
      expiration == role->value.MemberEnd() || !expiration->value.IsInt64()) {
    return unreadable;
  }
  credentials.expiry =
      Time(std::chrono::milliseconds(expiration->value.GetInt64()));
  credentials.method = "sso";
  return credentials;
}

}  // namespace

std::string SsoCachePath(std::string_view name) {
  return ExpandUser("~/.aws/sso/cache/" + Sha1Hex(name) + ".json");
}

Result<std::optional<SsoConfig>> FindSsoConfig(const ProfileSet& profiles,
                                               std::string_view profile_name) {
  const Profile* profile = profiles.Find(profile_name);
  if (profile == nullptr ||
      (!profile->Has("sso_role_name") && !profile->Has("sso_account_id"))) {
    return std::optional<SsoConfig>();
  }
  SsoConfig config;
  config.profile_name = profile_name;
  Profile merged = *profile;
  if (const std::string* name = profile->Text("sso_session")) {
    config.session_name = *name;
    const Profile* session = profiles.FindSsoSession(*name);
    if (session == nullptr) {
      return Status::Source("AWS profile " + config.profile_name +
                            ": there is no [sso-session " + *name + "]");
    }
    for (const auto& [key, value] : session->values) {
      const std::string* own = profile->Text(key);
      if (own != nullptr && *own != value.text) {
        return Status::Source("AWS profile " + config.profile_name + ": its " +
                              key + " is not that of [sso-session " + *name +
                              "]; keep one of them");
      }
    }
    merged.Update(*session);
  }
  const std::pair<const char*, std::string*> needed[] = {
      {"sso_role_name", &config.role_name},
      {"sso_account_id", &config.account_id},
      {"sso_start_url", &config.start_url},
      {"sso_region", &config.region}};
  for (const auto& [key, to] : needed) {
    const std::string* text = merged.Text(key);
    if (text == nullptr) {
      return Status::Source("AWS profile " + config.profile_name +
                            ": its SSO login lacks " + key);
    }
    *to = *text;
  }
  return std::optional<SsoConfig>(std::move(config));
}

Result<Credentials> SsoCredentials(const SsoConfig& config,
                                   const Session& session, Time now,
                                   HttpClient* client,
                                   std::vector<SecretString>* tokens) {
  Result<SecretString> token =
      UsableToken(config, session, now, client, tokens);
  if (!token.ok()) return token.status();
  Result<Endpoint> portal = session.EndpointOf("sso", config.region);
  if (!portal.ok()) return portal.status();
  Form query;
  query.Add("role_name", config.role_name);
  query.Add("account_id", config.account_id);
  std::string base = portal->url;
  if (base.ends_with('/')) base.pop_back();
  HttpRequest request;
  request.url = base + "/federation/credentials?" + query.Take();
  request.headers = {"x-amz-sso_bearer_token: " + std::string(token->view())};
  request.retry = RetryAws;
  const HttpResult result = client->Send(std::move(request));
  const std::string what = Where(config) + ": role " + config.role_name +
                           " of account " + config.account_id;
  if (!result.ok()) {
    return Status::Source(what + ": " + result.status.message());
  }
  if (result.answer.status == 200) return ReadRole(config, result.answer.body);
  const std::string type = ErrorType(result.answer);
  return Status::Source(
      what + " was refused by " + HostOf(portal->url) + ": " +
      (type.empty() ? "HTTP status " + std::to_string(result.answer.status)
                    : type) +
      (type == "UnauthorizedException" ? LoginHint(config) : std::string()));
}

}  // namespace maskpipe::aws
