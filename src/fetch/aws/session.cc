#include "src/fetch/aws/session.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <utility>

namespace maskpipe::aws {
namespace {

const Profile kEmpty;

std::optional<std::string> Raw(std::string_view name) {
  const char* value = std::getenv(std::string(name).c_str());
  if (value == nullptr) return std::nullopt;
  return value;
}

// A variable that is set to nothing counts as not set: it is what a compose
// file or a manifest leaves where there is no value.
std::optional<std::string> Environment(std::string_view name) {
  std::optional<std::string> value = Raw(name);
  if (value.has_value() && value->empty()) value.reset();
  return value;
}

std::optional<std::string> TextOf(const Profile& profile,
                                  std::string_view key) {
  const std::string* text = profile.Text(key);
  if (text == nullptr) return std::nullopt;
  return *text;
}

bool IsTrue(const std::optional<std::string>& text) {
  if (!text.has_value()) return false;
  constexpr std::string_view kTrue = "true";
  return std::equal(text->begin(), text->end(), kTrue.begin(), kTrue.end(),
                    [](char a, char b) {
                      return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b;
                    });
}

// SECRETS_MANAGER in AWS_ENDPOINT_URL_SECRETS_MANAGER, secrets_manager in a
// services section: the service's id, not the name of its client.
std::string ServiceId(std::string_view service) {
  if (service == "secretsmanager") return "secrets_manager";
  std::string id(service);
  std::replace(id.begin(), id.end(), '-', '_');
  return id;
}

std::string Upper(std::string text) {
  for (char& c : text) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return text;
}

// An http(s) URL with a host and without a user; `where` names who wrote it.
Status CheckUrl(std::string_view url, const std::string& where) {
  const bool plain = url.starts_with("http://");
  if (!plain && !url.starts_with("https://")) {
    return Status::Source(where + ": an endpoint is a URL that begins with " +
                          "http:// or https://");
  }
  const std::string_view rest = url.substr(plain ? 7 : 8);
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
  if (authority.find('@') != authority.npos) {
    return Status::Source(where +
                          ": an endpoint holds no user name or password");
  }
  const bool printable = std::all_of(url.begin(), url.end(), [](char c) {
    return static_cast<unsigned char>(c) > 0x20 && c != 0x7f;
  });
  if (authority.empty() || authority.front() == ':' || !printable) {
    return Status::Source(where + ": no host stands in this endpoint URL");
  }
  return Status::Ok();
}

}  // namespace

Result<std::unique_ptr<Session>> Session::Open(SessionOptions options) {
  std::unique_ptr<Session> session(new Session());
  session->options_ = std::move(options);
  // Set to nothing they mean no file.
  const std::string config_path =
      Raw("AWS_CONFIG_FILE").value_or("~/.aws/config");
  const std::string credentials_path =
      Raw("AWS_SHARED_CREDENTIALS_FILE").value_or("~/.aws/credentials");
  Result<ProfileSet> profiles = ProfileSet::Load(config_path, credentials_path);
  if (!profiles.ok()) return profiles.status();
  session->profiles_ = std::move(*profiles);

  std::optional<std::string> name = session->options_.profile_name;
  if (!name.has_value()) name = Environment("AWS_DEFAULT_PROFILE");
  if (!name.has_value()) name = Environment("AWS_PROFILE");
  session->profile_name_ = name.value_or("default");
  session->profile_ = session->profiles_.Find(session->profile_name_);
  if (session->profile_ == nullptr) {
    if (name.has_value()) {
      return Status::Source("AWS profile " + *name + ": neither " +
                            config_path + " has a [profile " + *name +
                            "] nor " + credentials_path + " a [" + *name +
                            "]; it was asked for by " +
                            (session->options_.profile_name.has_value()
                                 ? "profile_name"
                                 : "AWS_DEFAULT_PROFILE or AWS_PROFILE"));
    }
    session->profile_ = &kEmpty;
  }
  return session;
}

std::optional<std::string> Session::Variable(std::string_view environment,
                                             std::string_view key) const {
  if (auto value = Raw(environment)) return value;
  return TextOf(*profile_, key);
}

std::optional<std::string> Session::RegionIfAny() const {
  if (options_.region_name.has_value() && !options_.region_name->empty()) {
    return options_.region_name;
  }
  if (auto region = Environment("AWS_DEFAULT_REGION")) return region;
  auto region = TextOf(*profile_, "region");
  if (region.has_value() && !region->empty()) return region;
  return Environment("AWS_REGION");
}

Result<std::string> Session::Region() const {
  if (auto region = RegionIfAny()) return *region;
  return Status::Source(
      "AWS: no region is known; set region_name, AWS_DEFAULT_REGION, or " +
      std::string("`region` in profile ") + profile_name_ +
      " (that of [default] is not inherited)");
}

bool Session::RegionIsFromAwsRegion() const {
  const auto region = TextOf(*profile_, "region");
  return options_.region_name.value_or("").empty() &&
         !Environment("AWS_DEFAULT_REGION").has_value() &&
         region.value_or("").empty() && Environment("AWS_REGION").has_value();
}

Result<std::optional<std::string>> Session::ConfiguredUrl(
    std::string_view service) const {
  using Url = std::optional<std::string>;
  if (IsTrue(Variable("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
                      "ignore_configured_endpoint_urls"))) {
    return Url();
  }
  const std::string id = ServiceId(service);
  const std::string variable = "AWS_ENDPOINT_URL_" + Upper(id);
  for (const std::string& name : {variable, std::string("AWS_ENDPOINT_URL")}) {
    if (Url url = Environment(name)) {
      if (Status s = CheckUrl(*url, name); !s.ok()) return s;
      return url;
    }
  }
  if (const auto services = TextOf(*profile_, "services")) {
    const Profile* section = profiles_.FindServices(*services);
    if (section == nullptr || section->values.empty()) {
      return Status::Source("AWS profile " + profile_name_ +
                            ": its `services` name a section [services " +
                            *services + "] that does not exist or is empty");
    }
    const IniValue* of_service = section->Find(id);
    if (of_service != nullptr) {
      const auto url = of_service->nested.find("endpoint_url");
      if (url != of_service->nested.end() && !url->second.empty()) {
        const std::string where = "[services " + *services + "], " + id;
        if (Status s = CheckUrl(url->second, where); !s.ok()) return s;
        return Url(url->second);
      }
    }
  }
  Url url = TextOf(*profile_, "endpoint_url");
  if (!url.has_value() || url->empty()) return Url();
  const std::string where = "endpoint_url of AWS profile " + profile_name_;
  if (Status s = CheckUrl(*url, where); !s.ok()) return s;
  return url;
}

Result<Endpoint> Session::EndpointOf(
    std::string_view service, std::optional<std::string> region_name) const {
  EndpointVariant variant;
  variant.fips = IsTrue(Variable("AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint"));
  variant.dual_stack =
      IsTrue(Variable("AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint"));
  const auto sts =
      Variable("AWS_STS_REGIONAL_ENDPOINTS", "sts_regional_endpoints");
  if (sts.has_value() && !sts->empty() && *sts != "legacy" &&
      *sts != "regional") {
    return Status::Source(
        "AWS_STS_REGIONAL_ENDPOINTS (sts_regional_endpoints): is either "
        "legacy or regional");
  }
  variant.sts_global = sts == "legacy";
  if (!region_name.has_value()) {
    Result<std::string> region = Region();
    if (!region.ok()) return region.status();
    region_name = *region;
  }
  Result<Endpoint> endpoint = RegionalEndpoint(service, *region_name, variant);
  if (!endpoint.ok()) return endpoint.status();

  const bool is_client = service == "secretsmanager" || service == "ssm";
  std::optional<std::string> url;
  if (is_client && options_.endpoint_url.has_value()) {
    url = options_.endpoint_url;
    if (url->empty()) return endpoint;
    if (Status s = CheckUrl(*url, "endpoint_url"); !s.ok()) return s;
  } else {
    Result<std::optional<std::string>> configured = ConfiguredUrl(service);
    if (!configured.ok()) return configured.status();
    url = *configured;
  }
  if (!url.has_value()) return endpoint;
  endpoint->url = *url;
  endpoint->configured = true;
  // Also where the global STS's would have been another.
  endpoint->signing_region = SigningRegion(*region_name);
  return endpoint;
}

std::optional<std::string> Session::CaBundle() const {
  if (options_.ca_bundle.has_value() && !options_.ca_bundle->empty()) {
    return options_.ca_bundle;
  }
  const std::string bundle =
      Variable("AWS_CA_BUNDLE", "ca_bundle").value_or("");
  if (bundle.empty()) return std::nullopt;
  return bundle;
}

Result<std::optional<int>> Session::MaxAttempts() const {
  const auto text = Variable("AWS_MAX_ATTEMPTS", "max_attempts");
  if (!text.has_value() || text->empty()) return std::optional<int>();
  int attempts = 0;
  const auto [end, error] =
      std::from_chars(text->data(), text->data() + text->size(), attempts);
  if (error != std::errc() || end != text->data() + text->size() ||
      attempts < 1) {
    return Status::Source(
        "AWS_MAX_ATTEMPTS (max_attempts): is a whole number from 1");
  }
  return std::optional<int>(attempts);
}

}  // namespace maskpipe::aws
