#include "src/fetch/aws/container.h"

#include <arpa/inet.h>
#include <curl/curl.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "src/fetch/aws/file.h"
#include "src/fetch/aws/metadata.h"

namespace maskpipe::aws {
namespace {

constexpr const char* kRelative = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
constexpr const char* kFull = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
constexpr const char* kTokenFile = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE";
constexpr const char* kToken = "AWS_CONTAINER_AUTHORIZATION_TOKEN";

// A part of a URL as libcurl, which is to follow it, understands it; empty
// where it does not.
std::string UrlPart(const std::string& url, CURLUPart part) {
  const std::unique_ptr<CURLU, decltype(&::curl_url_cleanup)> parsed(
      ::curl_url(), &::curl_url_cleanup);
  if (parsed == nullptr || ::curl_url_set(parsed.get(), CURLUPART_URL,
                                          url.c_str(), 0) != CURLUE_OK) {
    return {};
  }
  char* text = nullptr;
  if (::curl_url_get(parsed.get(), part, &text, 0) != CURLUE_OK) return {};
  std::string out(text);
  ::curl_free(text);
  return out;
}

bool IsLoopback(const std::string& host) {
  in_addr v4;
  if (::inet_pton(AF_INET, host.c_str(), &v4) == 1) {
    return (ntohl(v4.s_addr) >> 24) == 127;
  }
  in6_addr v6;
  return ::inet_pton(AF_INET6, host.c_str(), &v6) == 1 &&
         std::memcmp(&v6, &in6addr_loopback, sizeof v6) == 0;
}

std::string Lower(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

bool MayBeAsked(const std::string& url) {
  const std::string scheme = UrlPart(url, CURLUPART_SCHEME);
  if (scheme == "https") return true;
  if (scheme != "http") return false;
  std::string host = Lower(UrlPart(url, CURLUPART_HOST));
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  }
  return host == "localhost" || host == "169.254.170.2" ||
         host == "169.254.170.23" || host == "fd00:ec2::23" || IsLoopback(host);
}

}  // namespace

Result<std::optional<std::string>> ContainerUrl() {
  if (const char* relative = std::getenv(kRelative)) {
    const std::string url = std::string("http://169.254.170.2") + relative;
    // "@example.com/" would name another host.
    if (UrlPart(url, CURLUPART_HOST) != "169.254.170.2") {
      return Status::Source(std::string(kRelative) +
                            ": is a path that begins with '/'");
    }
    return std::optional(url);
  }
  const char* full = std::getenv(kFull);
  if (full == nullptr) return std::optional<std::string>();
  if (!MayBeAsked(full)) {
    return Status::Source(
        std::string(kFull) +
        ": credentials are fetched by https, or from loopback, localhost, "
        "169.254.170.2, 169.254.170.23 or fd00:ec2::23, and not from " +
        HostOf(full));
  }
  return std::optional<std::string>(full);
}

Result<SecretString> ContainerToken() {
  SecretString token;
  const char* where = kToken;
  if (const char* path = std::getenv(kTokenFile)) {
    where = kTokenFile;
    Result<std::optional<SecretString>> file = ReadFile(path);
    if (!file.ok()) return file.status();
    if (!file->has_value()) {
      return Status::Source(std::string(kTokenFile) + ": there is no " + path);
    }
    token = std::move(**file);
  } else if (const char* text = std::getenv(kToken)) {
    token = SecretString(text);
  }
  for (const char c : token.view()) {
    if (c == '\r' || c == '\n' || c == '\0') {
      return Status::Source(std::string(where) +
                            ": the token holds a line break, which no header "
                            "may; remove it (also at the end)");
    }
  }
  return token;
}

Result<Credentials> ContainerCredentials(const std::string& url,
                                         HttpClient* client) {
  Result<SecretString> token = ContainerToken();
  if (!token.ok()) return token.status();
  HttpRequest request;
  request.url = url;
  request.headers = {"Accept: application/json"};
  if (!token->empty()) {
    request.headers.push_back("Authorization: " + std::string(token->view()));
  }
  request.timeout = std::chrono::seconds(2);
  request.connect_timeout = request.timeout;
  request.proxy = false;
  request.retry = [](const HttpResult& result) {
    return result.ok() && result.answer.status == 200 ? Retry::kNo
                                                      : Retry::kTransient;
  };
  const HttpResult result = client->Send(std::move(request));
  const std::string what = "container credentials of " + HostOf(url);
  if (!result.ok()) {
    return Status::Source(what + ": " + result.status.message());
  }
  if (result.answer.status != 200) {
    return Status::Source(what + ": HTTP status " +
                          std::to_string(result.answer.status));
  }
  std::optional<Credentials> credentials = ReadMetadata(result.answer.body);
  if (!credentials.has_value()) {
    return Status::Source(what + ": the answer holds no credentials");
  }
  credentials->method = "container-role";
  return std::move(*credentials);
}

}  // namespace maskpipe::aws
