// Which proxy a URL goes through, as botocore decides it: Python's urllib rules
// (urllib.request, getproxies_environment and proxy_bypass_environment).

#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace maskpipe {

// Looks a variable up; null where it is not set. std::getenv fits.
using Variables = std::function<const char*(const char* name)>;

// The proxy's URL; empty: none. Variables http_proxy and https_proxy, lower
// case first, HTTP_PROXY not where REQUEST_METHOD is set (a CGI script's
// client could set it); no_proxy exempts hosts and their subdomains.
std::string ProxyFor(std::string_view scheme, std::string_view host,
                     std::string_view port, const Variables& variables);

}  // namespace maskpipe
