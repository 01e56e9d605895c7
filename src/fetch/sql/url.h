// A database URL as SQLAlchemy reads it (sqlalchemy/engine/url.py, make_url).
//
//   Result<DatabaseUrl> url =
//       DatabaseUrl::Parse("postgresql+psycopg2://u:p%40ss@db:5432/airflow");
//
// Messages do not repeat the URL, which holds a password.

#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "src/base/status.h"

namespace maskpipe {

struct DatabaseUrl {
  std::string dialect;  // "postgresql", without the "+driver"
  std::string driver;   // "psycopg2"; empty: the dialect's own
  std::string user;     // decoded, as is the password
  bool has_password = false;
  std::string password;
  std::string host;  // an IPv6 address without its brackets
  std::string port;
  std::string database;  // as written: SQLAlchemy does not decode it
  std::vector<std::pair<std::string, std::string>> query;  // decoded

  static Result<DatabaseUrl> Parse(std::string_view text);

  // The last value that the query gives to `name`; empty: none.
  std::string_view Option(std::string_view name) const;
};

}  // namespace maskpipe
