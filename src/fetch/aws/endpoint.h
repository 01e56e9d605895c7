// Where an AWS service answers (the endpoint rules of its service model, for
// the five services that we call).
//
//   Result<Endpoint> e = RegionalEndpoint("ssm", "eu-west-1", {});
//   // https://ssm.eu-west-1.amazonaws.com

#pragma once

#include <string>
#include <string_view>

#include "src/base/status.h"

namespace maskpipe::aws {

struct Endpoint {
  std::string url;             // scheme and host, a path where configured
  std::string signing_region;  // of the signature's scope
  std::string signing_name;    // the scope's service
  // Somebody wrote the URL into an argument, a variable or a file: plain http
  // is then what they want.
  bool configured = false;
};

struct EndpointVariant {
  bool fips = false;
  bool dual_stack = false;
  bool sts_global = false;  // sts_regional_endpoints = legacy
};

// For "secretsmanager", "ssm", "sts", "sso" and "sso-oidc". Refuses a region
// that could not be the label of a host name.
Result<Endpoint> RegionalEndpoint(std::string_view service,
                                  std::string_view region,
                                  EndpointVariant variant);

// The region of a signature to a URL that somebody configured.
std::string SigningRegion(std::string_view region);

}  // namespace maskpipe::aws
