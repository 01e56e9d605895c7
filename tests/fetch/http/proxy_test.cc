#include "src/fetch/http/proxy.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace maskpipe {
namespace {

using Environment = std::map<std::string, std::string>;

std::string Proxy(const Environment& environment, std::string_view scheme,
                  std::string_view host, std::string_view port = "") {
  return ProxyFor(scheme, host, port, [&](const char* name) -> const char* {
    const auto at = environment.find(name);
    return at == environment.end() ? nullptr : at->second.c_str();
  });
}

TEST(Proxy, EachSchemeHasItsOwn) {
  const Environment e{{"http_proxy", "http://p:1"},
                      {"https_proxy", "http://p:2"}};
  EXPECT_EQ(Proxy(e, "http", "h"), "http://p:1");
  EXPECT_EQ(Proxy(e, "https", "h"), "http://p:2");
  EXPECT_EQ(Proxy({}, "https", "h"), "");
  EXPECT_EQ(Proxy({{"all_proxy", "http://p:1"}}, "https", "h"), "");
}

TEST(Proxy, LowerCaseComesFirstAlsoWhereItIsEmpty) {
  EXPECT_EQ(Proxy({{"HTTPS_PROXY", "http://u"}, {"https_proxy", "http://l"}},
                  "https", "h"),
            "http://l");
  EXPECT_EQ(
      Proxy({{"HTTPS_PROXY", "http://u"}, {"https_proxy", ""}}, "https", "h"),
      "");
  EXPECT_EQ(Proxy({{"HTTPS_PROXY", "http://u"}}, "https", "h"), "http://u");
}

// CVE-2016-1000110: the client of a CGI script sets HTTP_PROXY with a header.
TEST(Proxy, UpperCaseHttpProxyIsIgnoredInCgiScripts) {
  EXPECT_EQ(Proxy({{"HTTP_PROXY", "http://u"}}, "http", "h"), "http://u");
  EXPECT_EQ(Proxy({{"HTTP_PROXY", "http://u"}, {"REQUEST_METHOD", "GET"}},
                  "http", "h"),
            "");
  EXPECT_EQ(Proxy({{"http_proxy", "http://l"}, {"REQUEST_METHOD", "GET"}},
                  "http", "h"),
            "http://l");
}

TEST(Proxy, WithoutSchemeItIsHttp) {
  EXPECT_EQ(Proxy({{"http_proxy", "p:1"}}, "http", "h"), "http://p:1");
  EXPECT_EQ(Proxy({{"http_proxy", "//p:1"}}, "http", "h"), "http://p:1");
  EXPECT_EQ(Proxy({{"http_proxy", "https://p:1"}}, "http", "h"), "https://p:1");
}

// What urllib.request.proxy_bypass_environment says to the same.
TEST(Proxy, ExemptHosts) {
  const struct {
    const char* list;
    const char* host;
    const char* port;
    bool exempt;
  } kCases[] = {
      {"*", "any", "", true},
      {"*,x", "any", "", false},  // only '*' alone means all
      {"example.org", "example.org", "", true},
      {"example.org", "a.example.org", "", true},
      {"example.org", "aexample.org", "", false},
      {".example.org", "example.org", "", true},
      {"..example.org", "a.example.org", "", true},
      {"EXAMPLE.org", "Example.ORG", "", true},
      {" a.b , c.d ", "c.d", "", true},
      {"a.b:443", "a.b", "443", true},
      {"a.b:443", "a.b", "444", false},
      {"a.b", "a.b", "8443", true},
      {"", "a.b", "", false},
      {",", "a.b", "", false},
      {"169.254.169.254", "169.254.169.254", "", true},
      {"169.254.0.0/16", "169.254.169.254", "", false},
  };
  for (const auto& c : kCases) {
    EXPECT_EQ(Proxy({{"http_proxy", "http://p"}, {"no_proxy", c.list}}, "http",
                    c.host, c.port)
                  .empty(),
              c.exempt)
        << c.list << " " << c.host << ":" << c.port;
  }
}

}  // namespace
}  // namespace maskpipe
