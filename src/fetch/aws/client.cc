#include "src/fetch/aws/client.h"

#include <algorithm>

#include "src/fetch/aws/error.h"

namespace maskpipe::aws {
namespace {

bool IsAny(std::string_view word,
           std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool IsDenied(std::string_view error) {
  return IsAny(
      error, {"AccessDeniedException", "AccessDenied", "UnauthorizedOperation",
              "NotAuthorized", "UnauthorizedException"});
}

bool LacksOperation(const Answer& answer) {
  return IsAny(answer.error, {"UnknownOperationException", "UnknownOperation",
                              "InvalidAction", "NotImplemented",
                              "NotImplementedException"}) ||
         answer.http_status == 501 ||
         // What routes by operation and is no AWS knows no types.
         (answer.error.empty() &&
          (answer.http_status == 404 || answer.http_status == 405));
}

// A type as messages show it: letters only, since it is a stranger's word.
std::string Readable(const std::string& type) {
  const bool letters = std::all_of(type.begin(), type.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  });
  return letters ? type : "an error of an unreadable type";
}

}  // namespace

bool Answer::unknown_operation() const { return LacksOperation(*this); }

bool Answer::access_denied() const { return IsDenied(error); }

std::string Remedy(std::string_view error, std::string_view action) {
  if (IsDenied(error)) {
    return ": the role or user needs the IAM action " + std::string(action);
  }
  if (IsAny(error, {"ExpiredToken", "ExpiredTokenException"})) {
    return ": the credentials have expired; log in again, or mend what "
           "refreshes them";
  }
  if (IsAny(error, {"UnrecognizedClientException", "InvalidClientTokenId",
                    "InvalidAccessKeyId", "MissingAuthenticationToken",
                    "MissingAuthenticationTokenException"})) {
    return ": AWS does not know the access key";
  }
  if (IsAny(error, {"SignatureDoesNotMatch", "InvalidSignatureException",
                    "IncompleteSignature", "IncompleteSignatureException"})) {
    return ": the secret key does not belong to the access key, the region is "
           "another one, or this machine's clock is wrong";
  }
  if (IsAny(error, {"RequestExpired", "RequestTimeTooSkewed"})) {
    return ": this machine's clock is wrong";
  }
  if (IsAny(error, {"DecryptionFailure", "KMSAccessDeniedException",
                    "InvalidKeyId"})) {
    return ": its KMS key cannot be used; the role or user needs kms:Decrypt";
  }
  if (IsThrottling(error)) {
    return ": AWS throttles this account's requests; AWS_MAX_ATTEMPTS makes "
           "for more tries";
  }
  return "";
}

Client::Client(ClientOptions options, CredentialSource credentials,
               HttpClient* http)
    : options_(std::move(options)),
      credentials_(std::move(credentials)),
      http_(http) {
  if (!options_.endpoint.ends_with('/')) options_.endpoint += '/';
}

void Client::Start(std::string_view operation, std::string body, Done done) {
  Result<std::shared_ptr<const Credentials>> keys = credentials_();
  if (!keys.ok()) {
    Answer answer;
    answer.status = keys.status();
    done(std::move(answer));
    return;
  }
  HttpRequest request{.method = "POST", .url = options_.endpoint};
  request.headers = {
      "Content-Type: application/x-amz-json-1.1",
      "X-Amz-Target: " + std::string(options_.service.target_prefix) +
          std::string(operation)};
  request.body = std::move(body);
  request.sign = HttpSignature{options_.signing_region, options_.signing_name,
                               std::string((*keys)->access_key_id.view()),
                               std::string((*keys)->secret_access_key.view()),
                               std::string((*keys)->session_token.view())};
  request.attempts = options_.attempts;
  request.retry = RetryAws;
  const std::string name(operation);
  const std::string where = name + " at " + HostOf(options_.endpoint);
  http_->Start(std::move(request), [=, this](HttpResult result) {
    Answer answer;
    answer.http_status = result.answer.status;
    if (!result.ok()) {
      answer.status = Status::Source(name + ": " + result.status.message());
      done(std::move(answer));
      return;
    }
    const bool good = result.answer.status / 100 == 2;
    Result<JsonDocument> json = JsonDocument::Parse(result.answer.body);
    // An answer of success is searched for an error only at its top.
    if (!good || (json.ok() && !json->text("__type").empty())) {
      answer.error = ErrorType(result.answer);
    }
    if (!answer.error.empty()) {
      answer.status = Status::Source(
          where + ": " + Readable(answer.error) +
          Remedy(answer.error,
                 std::string(options_.service.name) + ":" + name));
    } else if (!good) {
      answer.status = Status::Source(
          where + ": HTTP status " + std::to_string(result.answer.status) +
          " and no AWS error: is this an AWS endpoint?");
    } else if (!json.ok()) {
      answer.status =
          Status::Source(where + ": the answer is " + json.status().message());
    } else if (!json->root().IsObject()) {
      answer.status = Status::Source(where + ": the answer is no JSON object");
    } else {
      answer.body = std::move(*json);
    }
    done(std::move(answer));
  });
}

}  // namespace maskpipe::aws
