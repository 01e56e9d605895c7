#include "src/fetch/aws/chain.h"

#include <algorithm>
#include <charconv>
#include <utility>
#include <vector>

#include "src/fetch/aws/container.h"
#include "src/fetch/aws/imds.h"
#include "src/fetch/aws/keys.h"
#include "src/fetch/aws/process.h"
#include "src/fetch/aws/secrets.h"
#include "src/fetch/aws/session.h"
#include "src/fetch/aws/shell_words.h"
#include "src/fetch/aws/sso.h"
#include "src/fetch/aws/sts.h"
#include "src/fetch/aws/web_identity.h"
#include "src/fetch/http/http.h"
#include "src/fetch/json/document.h"

namespace maskpipe::aws {
namespace {

constexpr std::chrono::minutes kAdvisory{15};   // refresh, if possible
constexpr std::chrono::minutes kMandatory{10};  // refresh, or fail
// Roles of 15 minutes are due at once; they are not fetched for every request.
constexpr std::chrono::minutes kPause{1};

using Found = Result<std::optional<Credentials>>;

std::optional<Credentials> None() { return std::nullopt; }

Found Just(Result<Credentials> credentials) {
  if (!credentials.ok()) return credentials.status();
  return std::optional(std::move(*credentials));
}

// botocore takes what int() refuses for absent.
std::optional<int> Seconds(const std::string* text) {
  if (text == nullptr) return std::nullopt;
  int seconds = 0;
  const auto [end, error] =
      std::from_chars(text->data(), text->data() + text->size(), seconds);
  if (error != std::errc() || end != text->data() + text->size()) {
    return std::nullopt;
  }
  return seconds;
}

bool HasStaticKeys(const Profile& profile) {
  return profile.Has("aws_access_key_id") ||
         profile.Has("aws_secret_access_key");
}

bool AssumesRole(const Profile& profile) {
  return profile.Has("role_arn") && !profile.Has("web_identity_token_file");
}

std::string TextOr(const Profile& profile, std::string_view key) {
  const std::string* text = profile.Text(key);
  return text != nullptr ? *text : std::string();
}

// What credential_process printed.
Result<Credentials> ReadProcess(std::string_view text,
                                const std::string& what) {
  const Result<JsonDocument> json = JsonDocument::Parse(text);
  if (!json.ok() || !json->root().IsObject()) {
    return Status::Source(what + ": what it printed is no JSON object");
  }
  const auto version = json->root().FindMember("Version");
  if (version == json->root().MemberEnd() || !version->value.IsNumber() ||
      version->value.GetDouble() != 1) {
    return Status::Source(what + ": it printed no \"Version\": 1");
  }
  Credentials credentials;
  credentials.access_key_id = SecretString(json->text("AccessKeyId"));
  credentials.secret_access_key = SecretString(json->text("SecretAccessKey"));
  credentials.session_token = SecretString(json->text("SessionToken"));
  if (credentials.access_key_id.empty() ||
      credentials.secret_access_key.empty()) {
    return Status::Source(what +
                          ": it printed no AccessKeyId or no SecretAccessKey");
  }
  const auto expiry = json->root().FindMember("Expiration");
  if (expiry != json->root().MemberEnd() && !expiry->value.IsNull()) {
    credentials.expiry = ParseTimestamp(json->text("Expiration"));
    if (!credentials.expiry.has_value()) {
      return Status::Source(what + ": its Expiration is no time with a zone, " +
                            "such as 2026-11-24T20:00:00Z");
    }
  }
  credentials.method = "custom-process";
  return credentials;
}

}  // namespace

// The links, each none where it is not configured.
class CredentialChain::Links {
 public:
  Links(const Session* session, std::chrono::steady_clock::time_point deadline)
      : session_(*session),
        deadline_(deadline),
        client_({.deadline = deadline,
                 .ca_bundle = session->CaBundle().value_or("")}) {}

  Result<Credentials> Fetch(Time now) {
    now_ = now;
    const std::optional<RoleOptions>& role = session_.options().role;
    Result<Credentials> credentials =
        role.has_value() ? RoleOnTop(*role) : Base();
    if (credentials.ok()) met_.push_back(credentials->Clone());
    return credentials;
  }

  const std::vector<Credentials>& met() const { return met_; }
  const std::vector<SecretString>& tokens() const { return tokens_; }

 private:
  // The credentials of the session, without a role on top.
  Result<Credentials> Base() {
    const Credentials& given = session_.options().keys;
    if (!given.access_key_id.empty() || !given.secret_access_key.empty()) {
      if (given.access_key_id.empty() || given.secret_access_key.empty()) {
        return Status::Source(
            "AWS: of aws_access_key_id and aws_secret_access_key one is given "
            "and the other is not");
      }
      Credentials keys = given.Clone();
      keys.method = "explicit";
      return keys;
    }
    Found found = Walk();
    if (!found.ok()) return found.status();
    if (found->has_value()) return std::move(**found);
    return Status::Source(
        "AWS: no credentials were found: none in the environment, in profile " +
        session_.profile_name() +
        " of the config and credentials files, at a container's endpoint and "
        "in instance metadata");
  }

  Result<Credentials> RoleOnTop(const RoleOptions& role) {
    Result<Endpoint> sts = session_.EndpointOf("sts");
    if (!sts.ok()) return sts.status();
    if (!role.endpoint_url.empty()) {
      sts->url = role.endpoint_url;
      sts->configured = true;
    }
    AssumeRoleRequest request;
    request.role_arn = role.role_arn;
    request.session_name = role.session_name;
    request.external_id = role.external_id;
    request.policy = role.policy;
    request.duration_seconds = role.duration_seconds;
    if (!role.web_identity_token_file.empty()) {
      Result<SecretString> token =
          ReadWebIdentityToken(role.web_identity_token_file);
      if (!token.ok()) return token.status();
      return AssumeRoleWithWebIdentity(request, token->view(), *sts, &client_);
    }
    Result<Credentials> base = Base();
    if (!base.ok()) return base.status();
    met_.push_back(base->Clone());
    return AssumeRole(request, *sts, *base, &client_);
  }

  // botocore's order.
  Found Walk() {
    const std::string& name = session_.profile_name();
    // Who names a profile means it, and not the environment's keys; a profile
    // of AWS_PROFILE stands behind them.
    const bool named = session_.options().profile_name.has_value();
    if (!named) {
      Found keys = KeysOfEnvironment();
      if (!keys.ok() || keys->has_value()) return keys;
    }
    Found found = RoleOfProfile(name);
    if (!found.ok() || found->has_value()) return found;
    found = OfProfile(name, !named);
    if (!found.ok() || found->has_value()) return found;
    found = KeysOfEc2File();
    if (!found.ok() || found->has_value()) return found;
    found = KeysOfBotoConfig();
    if (!found.ok() || found->has_value()) return found;
    found = OfContainer();
    if (!found.ok() || found->has_value()) return found;
    return InstanceCredentials(session_, now_, &client_);
  }

  // What a profile says without assuming a role for it.
  Found OfProfile(const std::string& name, bool environment) {
    Found found = OfWebIdentity(name, environment);
    if (!found.ok() || found->has_value()) return found;
    found = OfSso(name);
    if (!found.ok() || found->has_value()) return found;
    found = KeysOfCredentialsFile(session_.profiles(), name);
    if (!found.ok() || found->has_value()) return found;
    found = KeysOfLogin(session_.profiles(), name);
    if (!found.ok() || found->has_value()) return found;
    found = OfProcess(name);
    if (!found.ok() || found->has_value()) return found;
    return KeysOfConfigFile(session_.profiles(), name);
  }

  Found RoleOfProfile(const std::string& name) {
    const Profile* profile = session_.profiles().Find(name);
    if (profile == nullptr || !AssumesRole(*profile)) return None();
    std::vector<std::string> visited = {name};
    return Just(Assume(name, *profile, &visited));
  }

  Result<Credentials> Assume(const std::string& name, const Profile& profile,
                             std::vector<std::string>* visited) {
    const std::string what = "AWS profile " + name;
    if (profile.Has("mfa_serial")) {
      return Status::Source(
          what +
          ": its role asks for a code (mfa_serial), which nobody is "
          "there to type; use a profile without one");
    }
    Result<Credentials> source = SourceOf(name, profile, visited);
    if (!source.ok()) return source.status();
    met_.push_back(source->Clone());
    AssumeRoleRequest request;
    request.role_arn = TextOr(profile, "role_arn");
    request.session_name = TextOr(profile, "role_session_name");
    request.external_id = TextOr(profile, "external_id");
    request.duration_seconds = Seconds(profile.Text("duration_seconds"));
    Result<Endpoint> sts = session_.EndpointOf("sts");
    if (!sts.ok()) return sts.status();
    return AssumeRole(request, *sts, *source, &client_);
  }

  // The credentials with which a profile's role is assumed.
  Result<Credentials> SourceOf(const std::string& name, const Profile& profile,
                               std::vector<std::string>* visited) {
    const std::string what = "AWS profile " + name;
    const std::string* source = profile.Text("source_profile");
    const std::string* place = profile.Text("credential_source");
    if ((source == nullptr) == (place == nullptr)) {
      return Status::Source(what + (source == nullptr
                                        ? ": its role needs source_profile or "
                                          "credential_source"
                                        : ": it has both source_profile and "
                                          "credential_source; keep one"));
    }
    if (place != nullptr) return OfPlace(*place, what);
    const Profile* next = session_.profiles().Find(*source);
    if (next == nullptr) {
      return Status::Source(what + ": its source_profile " + *source +
                            " does not exist");
    }
    const bool again =
        std::find(visited->begin(), visited->end(), *source) != visited->end();
    // Only itself, for the keys that stand in the same profile.
    if (again && (*source != name || !HasStaticKeys(*next))) {
      return Status::Source(what + ": its source_profile " + *source +
                            " leads back to itself");
    }
    visited->push_back(*source);
    if (AssumesRole(*next) && !HasStaticKeys(*next)) {
      return Assume(*source, *next, visited);
    }
    Found found = OfProfile(*source, false);
    if (!found.ok()) return found.status();
    if (!found->has_value()) {
      return Status::Source(what + ": its source_profile " + *source +
                            " has no credentials");
    }
    return std::move(**found);
  }

  Result<Credentials> OfPlace(const std::string& place,
                              const std::string& what) {
    Found found = None();
    if (place == "Environment") {
      found = KeysOfEnvironment();
    } else if (place == "EcsContainer") {
      found = OfContainer();
    } else if (place == "Ec2InstanceMetadata") {
      found = InstanceCredentials(session_, now_, &client_);
    } else {
      return Status::Source(what +
                            ": its credential_source is none of Environment, "
                            "EcsContainer and Ec2InstanceMetadata");
    }
    if (!found.ok()) return found.status();
    if (!found->has_value()) {
      return Status::Source(what + ": its credential_source " + place +
                            " has no credentials");
    }
    return std::move(**found);
  }

  Found OfWebIdentity(const std::string& name, bool environment) {
    Result<std::optional<WebIdentity>> identity =
        FindWebIdentity(session_.profiles(), name, environment);
    if (!identity.ok()) return identity.status();
    if (!identity->has_value()) return None();
    Result<SecretString> token = ReadWebIdentityToken((*identity)->token_file);
    if (!token.ok()) return token.status();
    Result<Endpoint> sts = session_.EndpointOf("sts");
    if (!sts.ok()) return sts.status();
    AssumeRoleRequest request;
    request.role_arn = (*identity)->role_arn;
    request.session_name = (*identity)->session_name;
    return Just(
        AssumeRoleWithWebIdentity(request, token->view(), *sts, &client_));
  }

  Found OfSso(const std::string& name) {
    Result<std::optional<SsoConfig>> config =
        FindSsoConfig(session_.profiles(), name);
    if (!config.ok()) return config.status();
    if (!config->has_value()) return None();
    return Just(SsoCredentials(**config, session_, now_, &client_, &tokens_));
  }

  Found OfProcess(const std::string& name) {
    const Profile* profile = session_.profiles().Find(name);
    const std::string* command =
        profile != nullptr ? profile->Text("credential_process") : nullptr;
    if (command == nullptr) return None();
    const std::string what = "credential_process of AWS profile " + name;
    const auto words = SplitWords(*command);
    if (!words.has_value() || words->empty()) {
      return Status::Source(what +
                            ": it is empty, or a quotation in it is not "
                            "closed");
    }
    Result<SecretString> out = RunForOutput(*words, what, deadline_);
    if (!out.ok()) return out.status();
    return Just(ReadProcess(out->view(), what));
  }

  Found OfContainer() {
    Result<std::optional<std::string>> url = ContainerUrl();
    if (!url.ok()) return url.status();
    if (!url->has_value()) return None();
    return Just(ContainerCredentials(**url, &client_));
  }

  const Session& session_;
  const std::chrono::steady_clock::time_point deadline_;
  HttpClient client_;
  std::vector<Credentials> met_;
  std::vector<SecretString> tokens_;  // of SSO logins
  Time now_;
};

CredentialChain::CredentialChain(const Session* session,
                                 std::chrono::steady_clock::time_point deadline,
                                 Clock clock)
    : clock_(std::move(clock)),
      links_(std::make_unique<Links>(session, deadline)) {}

CredentialChain::~CredentialChain() = default;

Result<std::shared_ptr<const Credentials>> CredentialChain::Resolve() {
  const std::lock_guard lock(mutex_);
  const Time now = clock_();
  const auto left = [&](const Credentials& c) {
    return c.expiry.has_value() ? *c.expiry - now : Time::duration::max();
  };
  if (current_ != nullptr &&
      (left(*current_) >= kAdvisory ||
       (now < next_try_ && left(*current_) > Time::duration::zero()))) {
    return current_;
  }
  Result<Credentials> fresh = links_->Fetch(now);
  if (fresh.ok() && left(*fresh) <= Time::duration::zero()) {
    fresh = Status::Source("AWS credentials (" + fresh->method +
                           "): they were expired when they came");
  }
  if (!fresh.ok()) {
    if (current_ == nullptr || left(*current_) < kMandatory) {
      return fresh.status();
    }
  } else {
    current_ = std::make_shared<const Credentials>(std::move(*fresh));
  }
  next_try_ = now + kPause;
  return current_;
}

void CredentialChain::CollectSecrets(SecretStore* store) {
  const std::lock_guard lock(mutex_);
  for (const Credentials& credentials : links_->met()) {
    aws::CollectSecrets(credentials, store);
  }
  for (const SecretString& token : links_->tokens()) {
    aws::CollectSecret("sso/token", token.view(), store);
  }
}

}  // namespace maskpipe::aws
