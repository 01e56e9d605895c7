#include "src/fetch/http/certificates.h"

#include <curl/curl.h>
#include <limits.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "src/source/fetcher.h"

namespace maskpipe {
namespace {

// Debian and Alpine, Fedora, openSUSE, and what is left.
constexpr const char* kPlaces[] = {
    "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem"};

bool Readable(const std::string& path) {
  return ::access(path.c_str(), R_OK) == 0;
}

// Of what the kernel started: this program or, in its folder, its loader.
std::string OwnFolder() {
  char path[PATH_MAX];
  const ssize_t n = ::readlink("/proc/self/exe", path, sizeof path);
  std::string own(path, n > 0 ? static_cast<size_t>(n) : 0);
  const unsigned long called = ::getauxval(AT_EXECFN);  // no /proc
  if (own.empty() && called != 0) own = reinterpret_cast<const char*>(called);
  return own.substr(0, own.rfind('/') + 1);
}

}  // namespace

std::string DefaultCertificates() {
  const curl_version_info_data* curl = ::curl_version_info(CURLVERSION_NOW);
  if (curl->cainfo != nullptr && Readable(curl->cainfo)) return "";
  for (const char* place : kPlaces) {
    if (Readable(place)) return place;
  }
  const std::string own = OwnFolder() + kFetcherCertificates;
  return Readable(own) ? own : "";
}

}  // namespace maskpipe
