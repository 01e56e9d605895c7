#include "src/fetch/sql/database.h"

#include <algorithm>

#include "src/fetch/percent.h"

namespace maskpipe {
namespace {

using Opener = Result<std::unique_ptr<Database>> (*)(
    const DatabaseUrl& url, std::chrono::milliseconds timeout);

struct Dialect {
  std::string_view name;
  Opener open;  // null: left out of this build
};

constexpr Dialect kDialects[] = {
#ifdef MASKPIPE_SQLITE
    {"sqlite", OpenSqlite},
#else
    {"sqlite", nullptr},
#endif
#ifdef MASKPIPE_POSTGRESQL
    {"postgresql", OpenPostgresql},
    {"postgres", OpenPostgresql},  // as SQLAlchemy 1.3 took it
#else
    {"postgresql", nullptr}, {"postgres", nullptr},
#endif
#ifdef MASKPIPE_MYSQL
    {"mysql", OpenMysql},
    {"mariadb", OpenMysql},
#else
    {"mysql", nullptr},      {"mariadb", nullptr},
#endif
};

void Remove(std::string_view secret, std::string* from) {
  if (secret.empty()) return;
  for (size_t at = from->find(secret); at != from->npos;
       at = from->find(secret, at)) {
    from->replace(at, secret.size(), "***");
    at += 3;
  }
}

}  // namespace

Result<std::unique_ptr<Database>> Database::Open(
    const DatabaseUrl& url, std::chrono::milliseconds timeout) {
  for (const Dialect& dialect : kDialects) {
    if (dialect.name != url.dialect) continue;
    if (dialect.open != nullptr) return dialect.open(url, timeout);
    return Status::Source("this build of maskpipe-fetch cannot read " +
                          url.dialect +
                          " databases; build it with the client library");
  }
  return Status::Source(
      "the database URL's dialect is not known; there are sqlite, postgresql, "
      "mysql and mariadb");
}

std::string Database::Quoted(std::string_view identifier) const {
  return '"' + std::string(identifier) + '"';
}

Status DatabaseError(const DatabaseUrl& url, std::string_view doing,
                     std::string_view said) {
  constexpr size_t kLongest = 300;
  std::string text(said.substr(0, std::min(said.find('\n'), kLongest)));
  Remove(url.password, &text);
  Remove(PercentEncode(url.password, ""), &text);
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  std::string where = url.dialect + " database";
  if (!url.database.empty()) where += " " + url.database;
  if (!url.host.empty()) where += " on " + url.host;
  if (!url.port.empty()) where += ":" + url.port;
  return Status::Source(where + ": " + std::string(doing) + ": " + text);
}

}  // namespace maskpipe
