// The CA certificates that servers are judged by where nobody names others.

#pragma once

#include <string>

namespace maskpipe {

// Those of the image, wherever its distribution keeps them; in one that has
// none those that `maskpipe install` put beside this program. "": libcurl's own
// place, whose message then says what is missing.
std::string DefaultCertificates();

}  // namespace maskpipe
