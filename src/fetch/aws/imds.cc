#include "src/fetch/aws/imds.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <string>
#include <string_view>

#include "src/fetch/aws/metadata.h"

namespace maskpipe::aws {
namespace {

constexpr std::string_view kTokenPath = "latest/api/token";
constexpr std::string_view kRolePath =
    "latest/meta-data/iam/security-credentials/";

std::string Lower(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

Result<int> Number(const Session& session, const char* environment,
                   const char* key) {
  const auto text = session.Variable(environment, key);
  if (!text.has_value()) return 1;
  int number = 0;
  const auto [end, error] =
      std::from_chars(text->data(), text->data() + text->size(), number);
  constexpr int kMost = 600;
  if (error != std::errc() || end != text->data() + text->size() ||
      number < 1 || number > kMost) {
    return Status::Source(std::string(environment) + " (" + key +
                          "): is a whole number from 1 to 600");
  }
  return number;
}

// How the service is asked.
struct Service {
  std::string base;  // ends in '/'
  int seconds = 1;
  int attempts = 1;
  bool v1 = true;
};

Result<Service> FindService(const Session& session) {
  Service service;
  const std::string mode = Lower(
      session
          .Variable("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE",
                    "ec2_metadata_service_endpoint_mode")
          .value_or(Lower(session.Variable("AWS_IMDS_USE_IPV6", "imds_use_ipv6")
                              .value_or("")) == "true"
                        ? "ipv6"
                        : "ipv4"));
  if (mode != "ipv4" && mode != "ipv6") {
    return Status::Source(
        "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE "
        "(ec2_metadata_service_endpoint_mode): is IPv4 or IPv6");
  }
  service.base = session
                     .Variable("AWS_EC2_METADATA_SERVICE_ENDPOINT",
                               "ec2_metadata_service_endpoint")
                     .value_or("");
  if (service.base.empty()) {
    service.base =
        mode == "ipv6" ? "http://[fd00:ec2::254]/" : "http://169.254.169.254/";
  }
  if (!service.base.starts_with("http://") &&
      !service.base.starts_with("https://")) {
    return Status::Source(
        "AWS_EC2_METADATA_SERVICE_ENDPOINT (ec2_metadata_service_endpoint): is "
        "a URL that begins with http:// or https://");
  }
  if (!service.base.ends_with('/')) service.base += '/';
  Result<int> seconds = Number(session, "AWS_METADATA_SERVICE_TIMEOUT",
                               "metadata_service_timeout");
  if (!seconds.ok()) return seconds.status();
  service.seconds = *seconds;
  Result<int> attempts = Number(session, "AWS_METADATA_SERVICE_NUM_ATTEMPTS",
                                "metadata_service_num_attempts");
  if (!attempts.ok()) return attempts.status();
  service.attempts = *attempts;
  service.v1 = Lower(session
                         .Variable("AWS_EC2_METADATA_V1_DISABLED",
                                   "ec2_metadata_v1_disabled")
                         .value_or("")) != "true";
  return service;
}

HttpResult Ask(const Service& service, const char* method,
               std::string_view path, std::string header, HttpClient* client) {
  HttpRequest request;
  request.method = method;
  request.url = service.base + std::string(path);
  if (!header.empty()) request.headers = {std::move(header)};
  request.timeout = std::chrono::seconds(service.seconds);
  request.connect_timeout = request.timeout;
  request.attempts = service.attempts;
  // A proxy would ask the metadata service of its own machine.
  request.proxy = false;
  // 400 and 403 to 405 tell that there is no IMDSv2; all else may pass.
  request.retry = [](const HttpResult& result) {
    const long status = result.ok() ? result.answer.status : 0;
    const bool final = status == 200 || status == 400 || status == 403 ||
                       status == 404 || status == 405;
    return final ? Retry::kNo : Retry::kTransient;
  };
  return client->Send(std::move(request));
}

// The name that stands alone on a line; empty where it is none.
std::string RoleName(std::string_view body) {
  while (!body.empty() && (body.back() == '\n' || body.back() == '\r')) {
    body.remove_suffix(1);
  }
  const bool plain = std::all_of(body.begin(), body.end(), [](char c) {
    // IAM: letters, digits and +=,.@-_ (CreateRole, RoleName)
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') ||
           std::string_view("+=,.@-_").find(c) != std::string_view::npos;
  });
  return plain ? std::string(body) : std::string();
}

std::optional<Credentials> None() { return std::nullopt; }

// botocore's static stability: what is due within the window counts as due
// after it, once more.
void Extend(Time now, Credentials* credentials) {
  constexpr std::chrono::minutes kWindow{20};
  if (*credentials->expiry - now <= kWindow) {
    credentials->expiry = now + kWindow;
  }
}

}  // namespace

Result<std::optional<Credentials>> InstanceCredentials(const Session& session,
                                                       Time now,
                                                       HttpClient* client) {
  const char* disabled = std::getenv("AWS_EC2_METADATA_DISABLED");
  if (disabled != nullptr && Lower(disabled) == "true") return None();
  Result<Service> service = FindService(session);
  if (!service.ok()) return service.status();
  const HttpResult token =
      Ask(*service, "PUT", kTokenPath,
          "x-aws-ec2-metadata-token-ttl-seconds: 21600", client);
  std::string header;
  if (token.ok() && token.answer.status == 400) return None();
  if (token.ok() && token.answer.status == 200 && !token.answer.body.empty()) {
    const std::string& body = token.answer.body;
    if (!std::all_of(body.begin(), body.end(),
                     [](char c) { return c > 0x20 && c < 0x7f; })) {
      return None();
    }
    header = "x-aws-ec2-metadata-token: " + body;
  } else if (!service->v1) {
    return Status::Source(
        "instance metadata: no token for IMDSv2, and IMDSv1 is switched off "
        "(AWS_EC2_METADATA_V1_DISABLED)");
  }
  const HttpResult role = Ask(*service, "GET", kRolePath, header, client);
  if (!role.ok() || role.answer.status != 200) return None();
  const std::string name = RoleName(role.answer.body);
  if (name.empty()) return None();
  const HttpResult answer =
      Ask(*service, "GET", std::string(kRolePath) + name, header, client);
  if (!answer.ok() || answer.answer.status != 200) return None();
  std::optional<Credentials> credentials = ReadMetadata(answer.answer.body);
  if (!credentials.has_value()) return None();
  credentials->method = "iam-role";
  Extend(now, &*credentials);
  return credentials;
}

}  // namespace maskpipe::aws
