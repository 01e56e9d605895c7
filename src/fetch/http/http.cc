#include "src/fetch/http/http.h"

#include <curl/curl.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <deque>
#include <random>
#include <utility>

#include "src/base/hygiene.h"
#include "src/fetch/http/certificates.h"
#include "src/fetch/http/proxy.h"

namespace maskpipe {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr size_t kLargestHeaders = size_t{1} << 20;

struct UrlParts {
  std::string scheme, host, port;
};

// What libcurl takes the URL for, so that nobody checks another host than is
// asked. Empty where it is no URL.
UrlParts Parts(const std::string& url) {
  UrlParts parts;
  const std::unique_ptr<CURLU, void (*)(CURLU*)> handle(::curl_url(),
                                                        ::curl_url_cleanup);
  if (handle == nullptr || ::curl_url_set(handle.get(), CURLUPART_URL,
                                          url.c_str(), 0) != CURLUE_OK) {
    return parts;
  }
  const auto get = [&](CURLUPart part) {
    char* text = nullptr;
    std::string out;
    if (::curl_url_get(handle.get(), part, &text, 0) == CURLUE_OK) out = text;
    ::curl_free(text);
    return out;
  };
  parts.scheme = get(CURLUPART_SCHEME);
  parts.host = get(CURLUPART_HOST);
  parts.port = get(CURLUPART_PORT);
  return parts;
}

HttpFailure FailureOf(CURLcode code) {
  switch (code) {
    case CURLE_OK:
      return HttpFailure::kNone;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
      return HttpFailure::kConnect;
    case CURLE_OPERATION_TIMEDOUT:
      return HttpFailure::kTimeout;
    case CURLE_PARTIAL_FILE:
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
      return HttpFailure::kBroken;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_USE_SSL_FAILED:
      return HttpFailure::kTls;
    default:
      return HttpFailure::kOther;
  }
}

// Random, so that many processes that were throttled together do not come back
// together.
double Jitter() {
  static std::mt19937_64 random{std::random_device{}()};
  return std::uniform_real_distribution<double>(0, 1)(random);
}

// botocore, retries/standard.py: rand(0..1) * min(scale * 2^(n-1), 20 s). What
// the server asks for with x-amz-retry-after (milliseconds) or Retry-After
// (seconds) counts where it is longer, by 5 s at most.
milliseconds Pause(const HttpResult& result, Retry why, int retries) {
  constexpr double kLongest = 20000;
  const double scale = why == Retry::kThrottled ? 1000 : 50;
  const double most = std::min(
      scale * static_cast<double>(1 << std::min(retries, 16)), kLongest);
  milliseconds pause(static_cast<int64_t>(Jitter() * most));
  const milliseconds most_asked = pause + milliseconds(5000);
  for (const auto& [header, unit] :
       {std::pair{"x-amz-retry-after", 1}, std::pair{"retry-after", 1000}}) {
    const std::string_view asked = result.answer.header(header);
    uint32_t wanted = 0;
    if (std::from_chars(asked.data(), asked.data() + asked.size(), wanted).ec ==
        std::errc()) {
      pause =
          std::clamp(milliseconds(int64_t{wanted} * unit), pause, most_asked);
    }
  }
  return pause;
}

class HeaderList {
 public:
  HeaderList() = default;
  HeaderList(const HeaderList&) = delete;
  HeaderList& operator=(const HeaderList&) = delete;
  ~HeaderList() { ::curl_slist_free_all(list_); }
  bool Add(const std::string& header) {
    curl_slist* longer = ::curl_slist_append(list_, header.c_str());
    if (longer == nullptr) return false;
    list_ = longer;
    return true;
  }
  curl_slist* get() const { return list_; }

 private:
  curl_slist* list_ = nullptr;
};

}  // namespace

std::string_view HttpAnswer::header(std::string_view name) const {
  for (const auto& [n, value] : headers) {
    if (n == name) return value;
  }
  return {};
}

Retry RetryTransient(const HttpResult& result) {
  switch (result.failure) {
    case HttpFailure::kConnect:
    case HttpFailure::kTimeout:
    case HttpFailure::kBroken:
      return Retry::kTransient;
    case HttpFailure::kNone:
      break;
    case HttpFailure::kTls:
    case HttpFailure::kTooLarge:
    case HttpFailure::kOther:
      return Retry::kNo;
  }
  const long s = result.answer.status;
  return s == 500 || s == 502 || s == 503 || s == 504 ? Retry::kTransient
                                                      : Retry::kNo;
}

std::string HostOf(const std::string& url) {
  const UrlParts parts = Parts(url);
  if (parts.host.empty()) return "(no URL)";
  return parts.port.empty() ? parts.host : parts.host + ":" + parts.port;
}

// Requests wait in `ready` until a slot is free, then are one easy handle each
// in the multi handle; those to be tried again wait in `paused`.
class HttpClient::Loop {
 public:
  explicit Loop(HttpOptions options) : options_(std::move(options)) {
    if (options_.ca_bundle.empty()) options_.ca_bundle = DefaultCertificates();
    static const CURLcode initialized = ::curl_global_init(CURL_GLOBAL_DEFAULT);
    (void)initialized;
    multi_ = ::curl_multi_init();
    if (multi_ == nullptr) throw std::bad_alloc();
    const long parallel = static_cast<long>(options_.parallel);
    ::curl_multi_setopt(multi_, CURLMOPT_MAX_TOTAL_CONNECTIONS, parallel);
    ::curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, parallel);
  }
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;
  ~Loop() {
    for (auto& transfer : running_) {
      ::curl_multi_remove_handle(multi_, transfer->easy);
      ::curl_easy_cleanup(transfer->easy);
    }
    ::curl_multi_cleanup(multi_);
  }

  void Start(HttpRequest request, Done done) {
    auto transfer = std::make_unique<Transfer>();
    transfer->request = std::move(request);
    transfer->done = std::move(done);
    ready_.push_back(std::move(transfer));
  }

  // 1 those whose pause is over, 2 into free slots, 3 move bytes, 4 hand over
  // what is done.
  void Run() {
    while (!ready_.empty() || !running_.empty() || !paused_.empty()) {
      const auto now = Clock::now();
      for (size_t i = 0; i < paused_.size();) {  // 1
        if (paused_[i]->not_before > now) {
          ++i;
          continue;
        }
        ready_.push_back(std::move(paused_[i]));
        paused_.erase(paused_.begin() + static_cast<ptrdiff_t>(i));
      }
      while (!ready_.empty() && running_.size() < options_.parallel) {  // 2
        std::unique_ptr<Transfer> next = std::move(ready_.front());
        ready_.pop_front();
        Begin(std::move(next));
      }
      int active = 0;
      ::curl_multi_perform(multi_, &active);  // 3
      const bool any = Collect();             // 4
      const bool waiting = !running_.empty() || !paused_.empty();
      if (!any && ready_.empty() && waiting) {
        // What has come so far is nobody's to see while others are waited for.
        WipeStack();
        WipeRegisters();
        ::curl_multi_poll(multi_, nullptr, 0, WaitTime(), nullptr);
      }
    }
  }

  size_t sent() const { return sent_; }

 private:
  struct Transfer {
    HttpRequest request;
    Done done;
    int tries = 0;
    Clock::time_point not_before{};
    // Of the try that runs:
    CURL* easy = nullptr;
    std::unique_ptr<HeaderList> headers;
    HttpResult result;
    size_t header_bytes = 0;
    bool too_large = false;
  };

  int WaitTime() const {
    auto wait = milliseconds(1000);
    for (const auto& p : paused_) {
      wait = std::min(wait, std::chrono::duration_cast<milliseconds>(
                                p->not_before - Clock::now()) +
                                milliseconds(1));
    }
    return static_cast<int>(std::max(wait, milliseconds(0)).count());
  }

  milliseconds Left() const {
    if (options_.deadline == Clock::time_point::max()) {
      return std::chrono::hours(24);
    }
    return std::chrono::duration_cast<milliseconds>(options_.deadline -
                                                    Clock::now());
  }

  static void Fail(Transfer* t, HttpFailure failure, const std::string& why) {
    t->result = {};
    t->result.failure = failure;
    t->result.status = Status::Source(HostOf(t->request.url) + ": " + why);
  }

  void Begin(std::unique_ptr<Transfer> t) {
    ++t->tries;
    t->result = {};
    t->header_bytes = 0;
    t->too_large = false;
    t->headers = std::make_unique<HeaderList>();
    if (Left() <= milliseconds(0)) {
      Fail(t.get(), HttpFailure::kTimeout,
           "no whole answer in time (--source-timeout)");
      t->request.attempts = 0;
      Finish(std::move(t));
      return;
    }
    if (Status s = SetUp(t.get()); !s.ok()) {
      if (t->easy != nullptr) ::curl_easy_cleanup(t->easy);
      t->easy = nullptr;
      Fail(t.get(), HttpFailure::kOther, s.message());
      Finish(std::move(t));
      return;
    }
    ++sent_;
    ::curl_multi_add_handle(multi_, t->easy);
    running_.push_back(std::move(t));
  }

  // All that is said about one request to libcurl. A handle of its own for each
  // try: the body of a former request would be hashed into the signature.
  Status SetUp(Transfer* t) {
    const HttpRequest& r = t->request;
    const UrlParts parts = Parts(r.url);
    if (parts.host.empty()) return Status::Source("the URL is none");
    CURL* easy = t->easy = ::curl_easy_init();
    if (easy == nullptr) throw std::bad_alloc();
    bool ok = true;
    const auto set = [&](CURLoption option, auto value) {
      ok = ::curl_easy_setopt(easy, option, value) == CURLE_OK && ok;
    };
    set(CURLOPT_URL, r.url.c_str());
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
    set(CURLOPT_FOLLOWLOCATION, 0L);
    set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    set(CURLOPT_USERAGENT, "maskpipe");
    // Verification.
    set(CURLOPT_SSL_VERIFYPEER, 1L);
    set(CURLOPT_SSL_VERIFYHOST, 2L);
    set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    if (!options_.ca_bundle.empty()) {
      set(CURLOPT_CAINFO, options_.ca_bundle.c_str());
      set(CURLOPT_PROXY_CAINFO, options_.ca_bundle.c_str());
    }
    // Times.
    const milliseconds most = std::min(r.timeout, Left());
    set(CURLOPT_TIMEOUT_MS, static_cast<long>(most.count()));
    set(CURLOPT_CONNECTTIMEOUT_MS,
        static_cast<long>(std::min(r.connect_timeout, most).count()));
    // libcurl's own reading of the environment differs from botocore's.
    const std::string proxy =
        r.proxy ? ProxyFor(parts.scheme, parts.host, parts.port, ::getenv) : "";
    set(CURLOPT_PROXY, proxy.c_str());
    set(CURLOPT_NOPROXY, "");
    // Method and body.
    if (r.method != "GET") {
      set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(r.body.size()));
      set(CURLOPT_POSTFIELDS, r.body.c_str());
      if (r.method != "POST") set(CURLOPT_CUSTOMREQUEST, r.method.c_str());
    }
    for (const std::string& header : r.headers) {
      ok = t->headers->Add(header) && ok;
    }
    if (r.sign) {
      const HttpSignature& s = *r.sign;
      set(CURLOPT_AWS_SIGV4, ("aws:amz:" + s.region + ":" + s.service).c_str());
      // Apart, since CURLOPT_USERPWD would split them at the first colon.
      set(CURLOPT_USERNAME, s.access_key_id.c_str());
      set(CURLOPT_PASSWORD, s.secret_access_key.c_str());
      if (!s.session_token.empty()) {
        ok = t->headers->Add("X-Amz-Security-Token: " + s.session_token) && ok;
      }
    }
    set(CURLOPT_HTTPHEADER, t->headers->get());
    set(CURLOPT_WRITEFUNCTION, TakeBody);
    set(CURLOPT_WRITEDATA, t);
    set(CURLOPT_HEADERFUNCTION, TakeHeader);
    set(CURLOPT_HEADERDATA, t);
    set(CURLOPT_PRIVATE, static_cast<void*>(t));
    return ok ? Status::Ok() : Status::Source("libcurl refuses the request");
  }

  static size_t TakeBody(char* bytes, size_t one, size_t n, void* data) {
    auto* t = static_cast<Transfer*>(data);
    if (t->result.answer.body.size() + one * n > kLargestAnswer) {
      t->too_large = true;
      return 0;
    }
    t->result.answer.body.append(bytes, one * n);
    return one * n;
  }

  static size_t TakeHeader(char* bytes, size_t one, size_t n, void* data) {
    auto* t = static_cast<Transfer*>(data);
    t->header_bytes += one * n;
    if (t->header_bytes > kLargestHeaders) {
      t->too_large = true;
      return 0;
    }
    std::string_view line(bytes, one * n);
    if (line.starts_with("HTTP/"))
      t->result.answer.headers.clear();  // after 1xx
    const size_t colon = line.find(':');
    if (colon == line.npos) return one * n;
    std::string name(line.substr(0, colon));
    for (char& c : name) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
    }
    line.remove_prefix(colon + 1);
    const size_t begin = std::min(line.find_first_not_of(" \t"), line.size());
    line.remove_prefix(begin);
    while (!line.empty() && std::string_view(" \t\r\n").find(line.back()) !=
                                std::string_view::npos) {
      line.remove_suffix(1);
    }
    t->result.answer.headers.emplace_back(std::move(name), line);
    return one * n;
  }

  // Takes what libcurl has finished; whether there was something.
  bool Collect() {
    bool any = false;
    int left = 0;
    while (const CURLMsg* message = ::curl_multi_info_read(multi_, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      any = true;
      CURL* easy = message->easy_handle;
      const CURLcode code = message->data.result;
      const auto at =
          std::find_if(running_.begin(), running_.end(),
                       [&](const auto& t) { return t->easy == easy; });
      std::unique_ptr<Transfer> t = std::move(*at);
      running_.erase(at);
      ::curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE,
                          &t->result.answer.status);
      ::curl_multi_remove_handle(multi_, easy);
      ::curl_easy_cleanup(easy);
      t->easy = nullptr;
      Judge(t.get(), code);
      Finish(std::move(t));
    }
    return any;
  }

  void Judge(Transfer* t, CURLcode code) {
    if (t->too_large) {
      Fail(t, HttpFailure::kTooLarge,
           "the answer is larger than " + std::to_string(kLargestAnswer >> 20) +
               " MiB");
    } else if (code != CURLE_OK) {
      const HttpFailure failure = FailureOf(code);
      std::string why = ::curl_easy_strerror(code);
      if (failure == HttpFailure::kTimeout) {
        why = "no whole answer in time";
        // libcurl counts whole milliseconds.
        if (Left() <= milliseconds(1)) why += " (--source-timeout)";
      }
      if (failure == HttpFailure::kTls && !options_.ca_bundle.empty()) {
        why += " (with the CA bundle " + options_.ca_bundle + ")";
      }
      Fail(t, failure, why);
    }
  }

  // Hands over, or lets it try again.
  void Finish(std::unique_ptr<Transfer> t) {
    const Retry why = t->tries < t->request.attempts
                          ? t->request.retry(t->result)
                          : Retry::kNo;
    if (why != Retry::kNo && TakeQuota(t->result)) {
      t->not_before = Clock::now() + Pause(t->result, why, t->tries - 1);
      if (t->not_before < options_.deadline) {
        paused_.push_back(std::move(t));
        return;
      }
    }
    if (t->result.ok() && t->result.answer.status / 100 == 2) {
      quota_ = std::min(kQuota, quota_ + (t->tries > 1 ? kRetryCost : 1));
    }
    if (!t->result.ok() && t->tries > 1) {
      t->result.status = Status::Source(t->result.status.message() + " (" +
                                        std::to_string(t->tries) + " tries)");
    }
    const Done done = std::move(t->done);
    done(std::move(t->result));
  }

  // Standard mode stops retrying where most of what is asked fails.
  bool TakeQuota(const HttpResult& result) {
    const int cost =
        result.failure == HttpFailure::kTimeout ? kTimeoutCost : kRetryCost;
    if (quota_ < cost) return false;
    quota_ -= cost;
    return true;
  }

  static constexpr int kQuota = 500;
  static constexpr int kRetryCost = 5;
  static constexpr int kTimeoutCost = 10;

  HttpOptions options_;
  CURLM* multi_ = nullptr;
  std::deque<std::unique_ptr<Transfer>> ready_;
  std::vector<std::unique_ptr<Transfer>> running_;
  std::vector<std::unique_ptr<Transfer>> paused_;
  int quota_ = kQuota;
  size_t sent_ = 0;
};

HttpClient::HttpClient(HttpOptions options)
    : loop_(std::make_unique<Loop>(std::move(options))) {}

HttpClient::~HttpClient() = default;

HttpResult HttpClient::Send(HttpRequest request) {
  HttpResult result;
  Start(std::move(request), [&](HttpResult r) { result = std::move(r); });
  Run();
  return result;
}

void HttpClient::Start(HttpRequest request, Done done) {
  loop_->Start(std::move(request), std::move(done));
}

void HttpClient::Run() { loop_->Run(); }

size_t HttpClient::sent() const { return loop_->sent(); }

}  // namespace maskpipe
