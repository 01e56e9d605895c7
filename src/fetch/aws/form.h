// Text for a URL's query and for application/x-www-form-urlencoded bodies.

#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace maskpipe::aws {

// Everything but letters, digits and "-._~" as %XX (RFC 3986, section 2).
std::string PercentEncoded(std::string_view text);

// "name=value&name=value", in the order added.
class Form {
 public:
  void Add(std::string_view name, std::string_view value);
  std::string Take() { return std::move(text_); }

 private:
  std::string text_;
};

}  // namespace maskpipe::aws
