#include "src/fetch/aws/endpoint.h"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

namespace maskpipe::aws {
namespace {

// A partition of AWS (botocore/data/partitions.json): regions of its own under
// a domain of its own.
struct Partition {
  std::string_view name;
  std::array<std::string_view, 9> prefixes;  // of its regions
  std::string_view suffix;
  std::string_view dual_stack_suffix;
};

constexpr Partition kPartitions[] = {
    {"aws",
     {"us", "eu", "ap", "sa", "ca", "me", "af", "il", "mx"},
     "amazonaws.com",
     "api.aws"},
    {"aws-cn", {"cn"}, "amazonaws.com.cn", "api.amazonwebservices.com.cn"},
    {"aws-eusc", {"eusc-de"}, "amazonaws.eu", "api.amazonwebservices.eu"},
    {"aws-iso", {"us-iso"}, "c2s.ic.gov", "api.aws.ic.gov"},
    {"aws-iso-b", {"us-isob"}, "sc2s.sgov.gov", "api.aws.scloud"},
    {"aws-iso-e", {"eu-isoe"}, "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk"},
    {"aws-iso-f", {"us-isof"}, "csp.hci.ic.gov", "api.aws.hci.ic.gov"},
    {"aws-us-gov", {"us-gov"}, "amazonaws.com", "api.aws"}};

struct Service {
  std::string_view name;
  std::string_view host;          // its first labels
  std::string_view signing_name;  // of the signature's scope
  // us-gov has no host of its own for FIPS: all of it complies.
  bool gov_is_fips;
};

constexpr Service kServices[] = {
    {"secretsmanager", "secretsmanager", "secretsmanager", false},
    {"ssm", "ssm", "ssm", true},
    {"sts", "sts", "sts", true},
    {"sso", "portal.sso", "awsssoportal", true},
    {"sso-oidc", "oidc", "sso-oauth", true}};

// Regions whose STS was once the global one (botocore/args.py).
constexpr std::string_view kGlobalStsRegions[] = {
    "ap-northeast-1", "ap-south-1",   "ap-southeast-1", "ap-southeast-2",
    "aws-global",     "ca-central-1", "eu-central-1",   "eu-north-1",
    "eu-west-1",      "eu-west-2",    "eu-west-3",      "sa-east-1",
    "us-east-1",      "us-east-2",    "us-west-1",      "us-west-2"};

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsAlnum(char c) {
  return IsDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// PREFIX-\w+-\d+, as the partitions' patterns have it.
bool IsRegionOf(std::string_view region, std::string_view prefix) {
  if (prefix.empty() || !region.starts_with(prefix)) return false;
  region.remove_prefix(prefix.size());
  if (!region.starts_with('-')) return false;
  region.remove_prefix(1);
  const size_t dash = region.find('-');
  if (dash == region.npos || dash == 0) return false;
  const std::string_view word = region.substr(0, dash);
  const std::string_view number = region.substr(dash + 1);
  return std::all_of(word.begin(), word.end(),
                     [](char c) { return IsAlnum(c) || c == '_'; }) &&
         !number.empty() && std::all_of(number.begin(), number.end(), IsDigit);
}

// The partition whose pattern fits, else the one of AWS's commercial regions.
const Partition& PartitionOf(std::string_view region) {
  for (const Partition& p : kPartitions) {
    if (region == std::string(p.name) + "-global") return p;
    for (const std::string_view prefix : p.prefixes) {
      if (IsRegionOf(region, prefix)) return p;
    }
  }
  return kPartitions[0];
}

// A label of a host name that is no number (botocore, validate_region_name): a
// region from a file must not lead elsewhere.
bool IsHostLabel(std::string_view text) {
  return !text.empty() && text.size() <= 63 && text.front() != '-' &&
         text.back() != '-' &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return IsAlnum(c) || c == '-'; }) &&
         !std::all_of(text.begin(), text.end(), IsDigit);
}

void Remove(std::string_view part, std::string* from) {
  for (size_t at = 0; (at = from->find(part, at)) != from->npos;) {
    from->erase(at, part.size());
  }
}

}  // namespace

Result<Endpoint> RegionalEndpoint(std::string_view service_name,
                                  std::string_view region_name,
                                  EndpointVariant variant) {
  const Service* service = nullptr;
  for (const Service& s : kServices) {
    if (s.name == service_name) service = &s;
  }
  if (service == nullptr) {
    return Status::Usage("no AWS service that is called here: " +
                         std::string(service_name));
  }
  if (!IsHostLabel(region_name)) {
    return Status::Source(
        "AWS region: no name of a region (letters, digits and '-', at most "
        "63); look at AWS_DEFAULT_REGION and at `region` in the profile");
  }
  const std::string region = SigningRegion(region_name);
  if (region != region_name) variant.fips = true;
  const Partition& partition = PartitionOf(region);
  Endpoint endpoint;
  endpoint.signing_region = region;
  endpoint.signing_name = service->signing_name;
  const bool plain = !variant.fips && !variant.dual_stack;
  if (service->name == "sts" && plain &&
      (region == "aws-global" ||
       (variant.sts_global &&
        std::find(std::begin(kGlobalStsRegions), std::end(kGlobalStsRegions),
                  region) != std::end(kGlobalStsRegions)))) {
    endpoint.url = "https://sts.amazonaws.com";
    endpoint.signing_region = "us-east-1";
    return endpoint;
  }
  const bool gov_host = variant.fips && !variant.dual_stack &&
                        service->gov_is_fips && partition.name == "aws-us-gov";
  // Secrets Manager answers both IP versions under its plain host name where
  // it does at all.
  const bool plain_suffix =
      !variant.dual_stack ||
      (service->name == "secretsmanager" &&
       (partition.name == "aws" || partition.name == "aws-us-gov" ||
        (partition.name == "aws-cn" && !variant.fips)));
  endpoint.url = "https://" + std::string(service->host) +
                 (variant.fips && !gov_host ? "-fips." : ".") + region + '.' +
                 std::string(plain_suffix ? partition.suffix
                                          : partition.dual_stack_suffix);
  return endpoint;
}

std::string SigningRegion(std::string_view name) {
  // Names from before there were variants: fips-us-east-1, us-east-1-fips.
  std::string region(name);
  Remove("fips-", &region);
  Remove("-fips", &region);
  return region;
}

}  // namespace maskpipe::aws
