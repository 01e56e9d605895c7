// A database that is read and never written: SQLite, PostgreSQL or MySQL.
//
//   Result<std::unique_ptr<Database>> db = Database::Open(url, timeout);
//   Status s = (*db)->Query("SELECT ...", [](const Row& row) { ... });
//
// The client library of a dialect is loaded when the first URL asks for it, so
// that a fetcher runs where it is not installed. Each dialect can be left out
// of the build. Messages never hold the URL's password.

#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/status.h"
#include "src/fetch/sql/url.h"

namespace maskpipe {

// The values of a row as text; none: NULL.
using Row = std::vector<std::optional<std::string>>;

class Database {
 public:
  // Connects, and begins a transaction that can only read. `timeout` is for
  // connecting; it is also how long a query may wait for its first byte.
  static Result<std::unique_ptr<Database>> Open(
      const DatabaseUrl& url, std::chrono::milliseconds timeout);

  virtual ~Database() = default;

  // Calls `each` for every row; a Status of its that is not Ok ends it.
  virtual Status Query(const std::string& sql,
                       const std::function<Status(const Row&)>& each) = 0;

  // An identifier in this dialect's quotes.
  virtual std::string Quoted(std::string_view identifier) const;
};

// One dialect each, in a file of its own.
Result<std::unique_ptr<Database>> OpenSqlite(const DatabaseUrl& url,
                                             std::chrono::milliseconds timeout);
Result<std::unique_ptr<Database>> OpenPostgresql(
    const DatabaseUrl& url, std::chrono::milliseconds timeout);
Result<std::unique_ptr<Database>> OpenMysql(const DatabaseUrl& url,
                                            std::chrono::milliseconds timeout);

// What a client library says, fit for a message: one line, printable, without
// the password, which a server that was told it could repeat.
Status DatabaseError(const DatabaseUrl& url, std::string_view doing,
                     std::string_view said);

}  // namespace maskpipe
