// HTTP requests, several at a time over one pool of connections.
//
//   HttpClient client({.deadline = deadline});
//   HttpResult result = client.Send({.url = "https://example.org/"});
//
//   client.Start(request, [&](HttpResult result) { … may Start more … });
//   client.Run();  // until nothing is left to do
//
// Certificates are always verified. No redirect is followed, no netrc file is
// read, nothing is decoded, and no answer is larger than kLargestAnswer.
// What fails is tried again as the request's retry rule says, with the pauses
// of the AWS SDKs' standard mode. Messages name the host and what went wrong:
// no header, no query, nothing that a server said.
//
// Not thread-safe; a client may be used within a callback of another one.

#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "src/base/status.h"

namespace maskpipe {

inline constexpr size_t kLargestAnswer = size_t{64} << 20;

// Signs a request with AWS Signature Version 4. The body must be in memory,
// the path "/" and the query empty (libcurl signs other ones wrongly).
struct HttpSignature {
  std::string region;
  std::string service;
  std::string access_key_id;
  std::string secret_access_key;
  std::string session_token;  // empty: none
};

struct HttpAnswer {
  long status = 0;
  std::vector<std::pair<std::string, std::string>> headers;  // lower-case names
  std::string body;

  // Of the first header of that (lower-case) name; empty where there is none.
  std::string_view header(std::string_view name) const;
};

enum class HttpFailure {
  kNone,      // there is an answer, of whatever status
  kConnect,   // no connection, or no such host
  kTimeout,   // no whole answer in time
  kBroken,    // the connection broke before the answer was whole
  kTls,       // the server could not prove who it is, or cannot TLS
  kTooLarge,  // more than kLargestAnswer
  kOther,     // a URL that is none, a scheme that is not http or https …
};

struct HttpResult {
  HttpFailure failure = HttpFailure::kNone;
  HttpAnswer answer;
  Status status;  // names the host and the failure

  bool ok() const { return failure == HttpFailure::kNone; }
};

enum class Retry { kNo, kTransient, kThrottled };

// What standard mode calls transient: no or half an answer, and the statuses
// 500, 502, 503 and 504.
Retry RetryTransient(const HttpResult& result);

struct HttpRequest {
  std::string method = "GET";
  std::string url;
  std::vector<std::string> headers{};  // "Name: value"; never one without value
  std::string body{};
  std::optional<HttpSignature> sign{};
  std::chrono::milliseconds timeout{10000};         // of one try
  std::chrono::milliseconds connect_timeout{5000};  // part of it
  bool proxy = true;  // as the environment says; else none
  int attempts = 3;
  std::function<Retry(const HttpResult&)> retry = RetryTransient;
};

struct HttpOptions {
  // No request runs longer; none is begun after it.
  std::chrono::steady_clock::time_point deadline =
      std::chrono::steady_clock::time_point::max();
  std::string ca_bundle{};  // a file or a folder; empty: certificates.h
  size_t parallel = 8;      // requests, and connections, at a time
};

class HttpClient {
 public:
  using Done = std::function<void(HttpResult)>;

  explicit HttpClient(HttpOptions options);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // One request. Not within a callback of this very client.
  HttpResult Send(HttpRequest request);

  // Queues a request; `done` is called once, within Run().
  void Start(HttpRequest request, Done done);
  void Run();

  // Requests that went out so far, retries included.
  size_t sent() const;

 private:
  class Loop;
  std::unique_ptr<Loop> loop_;
};

// "host" or "host:port" of a URL, for messages; "(no URL)" where it is none.
std::string HostOf(const std::string& url);

}  // namespace maskpipe
