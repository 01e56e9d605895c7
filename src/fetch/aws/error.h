// What an AWS service says went wrong.
//
//   if (ErrorType(answer) == "ResourceNotFoundException") …
//
// The type decides and never the HTTP status: AWS says 400 where others that
// speak its protocols say 404.

#pragma once

#include <string>
#include <string_view>

#include "src/fetch/http/http.h"

namespace maskpipe::aws {

// The type's bare name ("ThrottlingException"), from the X-Amzn-ErrorType
// header, a JSON body's "__type" or "code", or an XML body's Code; empty where
// none is told. At most 64 letters, digits, '.', '_' and '-', so that it can
// stand in a message.
std::string ErrorType(const HttpAnswer& answer);

// The types after which the AWS SDKs try again, in their standard mode.
bool IsThrottling(std::string_view type);
bool IsTransient(std::string_view type);

// HttpRequest::retry for every call of an AWS service.
Retry RetryAws(const HttpResult& result);

}  // namespace maskpipe::aws
