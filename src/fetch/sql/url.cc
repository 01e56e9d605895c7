#include "src/fetch/sql/url.h"

#include <re2/re2.h>

#include "src/fetch/percent.h"

namespace maskpipe {

Result<DatabaseUrl> DatabaseUrl::Parse(std::string_view text) {
  // SQLAlchemy 1.4 and 2.0. A password ends at the first '@', so one in it must
  // be written as %40. Encoding Latin-1: a password may hold any byte.
  static const RE2 pattern(
      "(?s)([A-Za-z0-9_+]+)://"
      "(?:([^:/]*)(:[^@]*)?@)?"
      "(?:\\[([^/?]+)\\]|([^/:?]+))?(?::([^/?]*))?"
      "(?:/([^?]*))?(?:\\?(.*))?",
      RE2::Latin1);
  DatabaseUrl url;
  std::string name, user, password, ipv6, host, port, query;
  if (!RE2::FullMatch(re2::StringPiece(text.data(), text.size()), pattern,
                      &name, &user, &password, &ipv6, &host, &port,
                      &url.database, &query)) {
    return Status::Source(
        "is no database URL; expected dialect://user:password@host:port/name, "
        "with '@', ':' and '/' in user and password percent-encoded");
  }
  const size_t plus = std::min(name.find('+'), name.size());
  url.dialect = name.substr(0, plus);
  url.driver = plus < name.size() ? name.substr(plus + 1) : "";
  url.user = PercentDecode(user);
  url.has_password = !password.empty();
  if (url.has_password) url.password = PercentDecode(password.substr(1));
  url.host = ipv6.empty() ? host : ipv6;
  url.port = port;
  url.query = ParseQuery(query);
  return url;
}

std::string_view DatabaseUrl::Option(std::string_view name) const {
  std::string_view value;
  for (const auto& [key, text] : query) {
    if (key == name) value = text;
  }
  return value;
}

}  // namespace maskpipe
