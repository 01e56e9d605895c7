// Prints as JSON what our AWS session resolves, credentials included: for the
// test that compares it with other SDKs. The shipped programs print none.
//
//   aws_config_probe [profile=P] [region=R] [endpoint_url=U] [ca_bundle=F]
//       [key=ID secret=KEY token=T] [role_arn=A external_id=E session=S
//       policy=P duration=N web_identity_token_file=F sts_endpoint=U]
//       [credentials=N] [skip=SECONDS] [deadline=SECONDS] [service=S@REGION]…
//       [secrets=1] [words=TEXT]… [time=TEXT]… [ini=FILE]… [path=TEXT]…
//       [proxy=URL]…
//
// parse_only=1 opens no session. credentials=N resolves N times; between two of
// them the clock is put on by `skip` seconds.

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "src/fetch/aws/chain.h"
#include "src/fetch/aws/file.h"
#include "src/fetch/aws/secrets.h"
#include "src/fetch/aws/session.h"
#include "src/fetch/aws/shell_words.h"
#include "src/fetch/http/proxy.h"
#include "src/fetch/json/document.h"

namespace maskpipe::aws {
namespace {

using Arguments = std::multimap<std::string, std::string>;

std::optional<std::string> Get(const Arguments& arguments, const char* name) {
  const auto at = arguments.find(name);
  if (at == arguments.end()) return std::nullopt;
  return at->second;
}

class JsonObject {
 public:
  void Add(const std::string& name, const std::string& json) {
    text_ += (text_.empty() ? "{" : ",\n ") + JsonQuoted(name) + ": " + json;
  }
  std::string Take() { return text_.empty() ? "{}" : text_ + "}"; }

 private:
  std::string text_;
};

std::string ErrorJson(const Status& status) {
  JsonObject object;
  object.Add("error", JsonQuoted(status.message()));
  return object.Take();
}

SessionOptions OptionsOf(const Arguments& arguments) {
  SessionOptions options;
  options.profile_name = Get(arguments, "profile");
  options.region_name = Get(arguments, "region");
  options.endpoint_url = Get(arguments, "endpoint_url");
  options.ca_bundle = Get(arguments, "ca_bundle");
  options.keys.access_key_id = SecretString(Get(arguments, "key").value_or(""));
  options.keys.secret_access_key =
      SecretString(Get(arguments, "secret").value_or(""));
  options.keys.session_token =
      SecretString(Get(arguments, "token").value_or(""));
  if (const auto arn = Get(arguments, "role_arn")) {
    RoleOptions role;
    role.role_arn = *arn;
    role.external_id = Get(arguments, "external_id").value_or("");
    role.session_name = Get(arguments, "session").value_or("");
    role.policy = Get(arguments, "policy").value_or("");
    role.web_identity_token_file =
        Get(arguments, "web_identity_token_file").value_or("");
    role.endpoint_url = Get(arguments, "sts_endpoint").value_or("");
    if (const auto d = Get(arguments, "duration")) {
      role.duration_seconds = std::stoi(*d);
    }
    options.role = std::move(role);
  }
  return options;
}

std::string CredentialsJson(const Credentials& c) {
  JsonObject object;
  object.Add("access_key", JsonQuoted(c.access_key_id.view()));
  object.Add("secret_key", JsonQuoted(c.secret_access_key.view()));
  object.Add("token", c.session_token.empty()
                          ? "null"
                          : JsonQuoted(c.session_token.view()));
  object.Add("expiry", c.expiry.has_value()
                           ? JsonQuoted(FormatTimestamp(*c.expiry))
                           : "null");
  object.Add("method", JsonQuoted(c.method));
  return object.Take();
}

std::string Resolve(const Arguments& arguments, CredentialChain* chain,
                    std::chrono::seconds* ahead) {
  const int times = std::stoi(*Get(arguments, "credentials"));
  const std::chrono::seconds skip(
      std::stoi(Get(arguments, "skip").value_or("0")));
  std::string list;
  for (int i = 0; i < times; ++i) {
    if (i > 0) *ahead += skip;
    const auto credentials = chain->Resolve();
    list += (i > 0 ? ",\n " : "[") + (credentials.ok()
                                          ? CredentialsJson(**credentials)
                                          : ErrorJson(credentials.status()));
  }
  return list + "]";
}

std::string EndpointJson(const Session& session, const std::string& text) {
  const size_t at = text.find('@');
  std::optional<std::string> region;
  if (at != text.npos) region = text.substr(at + 1);
  const Result<Endpoint> endpoint =
      session.EndpointOf(text.substr(0, at), region);
  if (!endpoint.ok()) return ErrorJson(endpoint.status());
  JsonObject object;
  object.Add("url", JsonQuoted(endpoint->url));
  object.Add("signing_region", JsonQuoted(endpoint->signing_region));
  object.Add("signing_name", JsonQuoted(endpoint->signing_name));
  object.Add("configured", endpoint->configured ? "true" : "false");
  return object.Take();
}

std::string SecretsJson(const SecretStore& store) {
  std::string list = "[";
  for (const Secret& secret : store.secrets()) {
    if (list.size() > 1) list += ",\n ";
    list +=
        "[" + JsonQuoted(secret.name) + ", " + JsonQuoted(secret.value) + "]";
  }
  return list + "]";
}

void PrintSession(const Arguments& arguments, JsonObject* out) {
  auto session = Session::Open(OptionsOf(arguments));
  if (!session.ok()) {
    out->Add("session", ErrorJson(session.status()));
    return;
  }
  out->Add("profile", JsonQuoted((*session)->profile_name()));
  const Result<std::string> region = (*session)->Region();
  out->Add("region",
           region.ok() ? JsonQuoted(*region) : ErrorJson(region.status()));
  out->Add("region_is_from_aws_region",
           (*session)->RegionIsFromAwsRegion() ? "true" : "false");
  const auto ca = (*session)->CaBundle();
  out->Add("ca_bundle", ca.has_value() ? JsonQuoted(*ca) : "null");
  JsonObject endpoints;
  for (auto [at, end] = arguments.equal_range("service"); at != end; ++at) {
    endpoints.Add(at->second, EndpointJson(**session, at->second));
  }
  out->Add("endpoints", endpoints.Take());
  std::chrono::seconds ahead{0};
  CredentialChain chain(
      session->get(),
      std::chrono::steady_clock::now() +
          std::chrono::seconds(
              std::stoi(Get(arguments, "deadline").value_or("60"))),
      [&] { return std::chrono::system_clock::now() + ahead; });
  if (Get(arguments, "credentials")) {
    out->Add("credentials", Resolve(arguments, &chain, &ahead));
  }
  if (Get(arguments, "secrets")) {
    SecretStore store;
    std::vector<std::string> warnings;
    CollectSecrets((*session)->profiles(), &store, &warnings);
    chain.CollectSecrets(&store);
    out->Add("secrets", SecretsJson(store));
    std::string list = "[";
    for (const std::string& w : warnings) {
      list += (list.size() > 1 ? ", " : "") + JsonQuoted(w);
    }
    out->Add("warnings", list + "]");
  }
}

std::string IniJson(const std::string& path) {
  const Result<IniFile> file = LoadIni(path);
  if (!file.ok()) return ErrorJson(file.status());
  JsonObject sections;
  for (const auto& [name, section] : file->sections) {
    JsonObject keys;
    for (const auto& [key, value] : section.values) {
      if (!value.is_nested) {
        keys.Add(key, JsonQuoted(value.text));
        continue;
      }
      JsonObject nested;
      for (const auto& [k, v] : value.nested) nested.Add(k, JsonQuoted(v));
      keys.Add(key, nested.Take());
    }
    sections.Add(name, keys.Take());
  }
  return sections.Take();
}

// Of scheme://host[:port]
std::string ProxyOf(const std::string& url) {
  const size_t colon = url.find("://");
  const std::string authority = url.substr(colon + 3);
  const size_t port = authority.rfind(':');
  return ProxyFor(url.substr(0, colon), authority.substr(0, port),
                  port == authority.npos ? "" : authority.substr(port + 1),
                  [](const char* name) { return std::getenv(name); });
}

int Run(int argc, char** argv) {
  Arguments arguments;
  for (int i = 1; i < argc; ++i) {
    const std::string text = argv[i];
    const size_t equals = text.find('=');
    if (equals == text.npos) return 2;
    arguments.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  JsonObject out;
  JsonObject inis;
  for (auto [at, end] = arguments.equal_range("ini"); at != end; ++at) {
    inis.Add(at->second, IniJson(at->second));
  }
  out.Add("ini", inis.Take());
  JsonObject words;
  for (auto [at, end] = arguments.equal_range("words"); at != end; ++at) {
    const auto split = SplitWords(at->second);
    std::string list = "[";
    for (const std::string& w : split.value_or(std::vector<std::string>())) {
      list += (list.size() > 1 ? ", " : "") + JsonQuoted(w);
    }
    words.Add(at->second, split.has_value() ? list + "]" : "null");
  }
  out.Add("words", words.Take());
  JsonObject times;
  for (auto [at, end] = arguments.equal_range("time"); at != end; ++at) {
    const auto time = ParseTimestamp(at->second);
    times.Add(at->second,
              time.has_value() ? JsonQuoted(FormatTimestamp(*time)) : "null");
  }
  out.Add("times", times.Take());
  JsonObject paths;
  for (auto [at, end] = arguments.equal_range("path"); at != end; ++at) {
    paths.Add(at->second, JsonQuoted(ExpandUser(ExpandVariables(at->second))));
  }
  out.Add("paths", paths.Take());
  JsonObject proxies;
  for (auto [at, end] = arguments.equal_range("proxy"); at != end; ++at) {
    proxies.Add(at->second, JsonQuoted(ProxyOf(at->second)));
  }
  out.Add("proxies", proxies.Take());
  if (!Get(arguments, "parse_only")) PrintSession(arguments, &out);
  std::puts(out.Take().c_str());
  return 0;
}

}  // namespace
}  // namespace maskpipe::aws

int main(int argc, char** argv) { return maskpipe::aws::Run(argc, argv); }
