#include "src/fetch/aws/error.h"

#include <algorithm>
#include <pugixml.hpp>

#include "src/fetch/json/document.h"

namespace maskpipe::aws {
namespace {

// botocore/retries/standard.py
constexpr std::string_view kThrottling[] = {
    "BandwidthLimitExceeded",
    "EC2ThrottledException",
    "LimitExceededException",
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
    "TransactionInProgressException"};
constexpr std::string_view kTransient[] = {
    "IDPCommunicationError", "RequestTimeout", "RequestTimeoutException"};

// "com.amazon.coral#ThrottlingException:http://…" without what is around it.
std::string Bare(std::string_view type) {
  type = type.substr(0, type.find(':'));
  const size_t hash = type.rfind('#');
  if (hash != type.npos) type.remove_prefix(hash + 1);
  constexpr size_t kLongest = 64;
  const bool plain = std::all_of(type.begin(), type.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
  });
  return plain && type.size() <= kLongest ? std::string(type) : std::string();
}

}  // namespace

std::string ErrorType(const HttpAnswer& answer) {
  if (std::string_view type = answer.header("x-amzn-errortype");
      !type.empty()) {
    return Bare(type);
  }
  const size_t begin = answer.body.find_first_not_of(" \t\r\n");
  if (begin == std::string::npos) return {};
  if (answer.body[begin] == '<') {
    pugi::xml_document xml;
    if (!xml.load_buffer(answer.body.data(), answer.body.size())) return {};
    const pugi::xml_node root = xml.document_element();
    pugi::xml_node error = root.child("Error");
    if (!error && std::string_view(root.name()) == "Error") error = root;
    return Bare(error.child_value("Code"));
  }
  const Result<JsonDocument> json = JsonDocument::Parse(answer.body);
  if (!json.ok()) return {};
  const std::string_view type = json->text("__type");
  if (!type.empty()) return Bare(type);
  if (!json->text("code").empty()) return Bare(json->text("code"));
  // OAuth's name for it, at the SSO token endpoint (RFC 6749, section 5.2).
  return Bare(json->text("error"));
}

bool IsThrottling(std::string_view type) {
  return std::find(std::begin(kThrottling), std::end(kThrottling), type) !=
         std::end(kThrottling);
}

bool IsTransient(std::string_view type) {
  return std::find(std::begin(kTransient), std::end(kTransient), type) !=
         std::end(kTransient);
}

Retry RetryAws(const HttpResult& result) {
  if (result.ok() && result.answer.status != 200) {
    const std::string type = ErrorType(result.answer);
    if (IsThrottling(type)) return Retry::kThrottled;
    if (IsTransient(type)) return Retry::kTransient;
    // A gateway's, which knows no types (botocore's too_many_requests).
    if (result.answer.status == 429) return Retry::kThrottled;
  }
  return RetryTransient(result);
}

}  // namespace maskpipe::aws
