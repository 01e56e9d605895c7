// SQLite databases, opened read-only.

#include <sqlite3.h>
#include <sys/stat.h>

#include "src/fetch/percent.h"
#include "src/fetch/sql/client_library.h"
#include "src/fetch/sql/database.h"

namespace maskpipe {
namespace {

struct Api {
  decltype(&::sqlite3_open_v2) open = nullptr;
  decltype(&::sqlite3_close_v2) close = nullptr;
  decltype(&::sqlite3_busy_timeout) busy_timeout = nullptr;
  decltype(&::sqlite3_exec) exec = nullptr;
  decltype(&::sqlite3_errmsg) errmsg = nullptr;
  decltype(&::sqlite3_prepare_v2) prepare = nullptr;
  decltype(&::sqlite3_step) step = nullptr;
  decltype(&::sqlite3_finalize) finalize = nullptr;
  decltype(&::sqlite3_column_count) column_count = nullptr;
  decltype(&::sqlite3_column_type) column_type = nullptr;
  decltype(&::sqlite3_column_blob) column_blob = nullptr;
  decltype(&::sqlite3_column_bytes) column_bytes = nullptr;
};

Status LoadApi(Api* api) {
  Result<ClientLibrary> library =
      ClientLibrary::Load("libsqlite3.so.0", "libsqlite3-0");
  if (!library.ok()) return library.status();
  ClientLibrary& l = *library;
  const bool found = l.Find("sqlite3_open_v2", &api->open) &&
                     l.Find("sqlite3_close_v2", &api->close) &&
                     l.Find("sqlite3_busy_timeout", &api->busy_timeout) &&
                     l.Find("sqlite3_exec", &api->exec) &&
                     l.Find("sqlite3_errmsg", &api->errmsg) &&
                     l.Find("sqlite3_prepare_v2", &api->prepare) &&
                     l.Find("sqlite3_step", &api->step) &&
                     l.Find("sqlite3_finalize", &api->finalize) &&
                     l.Find("sqlite3_column_count", &api->column_count) &&
                     l.Find("sqlite3_column_type", &api->column_type) &&
                     l.Find("sqlite3_column_blob", &api->column_blob) &&
                     l.Find("sqlite3_column_bytes", &api->column_bytes);
  return found ? Status::Ok() : l.Missing();
}

class SqliteDatabase : public Database {
 public:
  SqliteDatabase(const Api& api, DatabaseUrl url)
      : api_(api), url_(std::move(url)) {}
  ~SqliteDatabase() override {
    if (db_ != nullptr) api_.close(db_);
  }

  Status Open(std::chrono::milliseconds timeout) {
    // A database in WAL mode needs its -shm file, which cannot be made in a
    // folder that is not ours; without a -wal file nothing is lost by reading
    // the file as one that nobody changes.
    Status opened = OpenFile(url_.database, SQLITE_OPEN_READONLY, timeout);
    struct stat wal;
    if (opened.ok() || ::stat((url_.database + "-wal").c_str(), &wal) == 0) {
      return opened;
    }
    const std::string uri =
        "file:" + PercentEncode(url_.database, "/") + "?immutable=1";
    return OpenFile(uri, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, timeout).ok()
               ? Status::Ok()
               : opened;
  }

  // SQLite takes "name" for the text name where there is no such column.
  std::string Quoted(std::string_view identifier) const override {
    return '`' + std::string(identifier) + '`';
  }

  Status Query(const std::string& sql,
               const std::function<Status(const Row&)>& each) override {
    sqlite3_stmt* statement = nullptr;
    if (api_.prepare(db_, sql.c_str(), static_cast<int>(sql.size()), &statement,
                     nullptr) != SQLITE_OK) {
      return Error("reading");
    }
    Status status;
    for (;;) {
      const int result = api_.step(statement);
      if (result == SQLITE_DONE) break;
      if (result != SQLITE_ROW) {
        status = Error("reading");
        break;
      }
      status = each(ReadRow(statement));
      if (!status.ok()) break;
    }
    api_.finalize(statement);
    return status;
  }

 private:
  Status OpenFile(const std::string& path, int flags,
                  std::chrono::milliseconds timeout) {
    if (db_ != nullptr) api_.close(db_);
    db_ = nullptr;
    if (api_.open(path.c_str(), &db_, flags, nullptr) != SQLITE_OK) {
      return Error("opening");
    }
    api_.busy_timeout(db_, static_cast<int>(timeout.count()));
    // Takes the read lock at once: both tables are read in one state.
    if (api_.exec(db_, "BEGIN; SELECT count(*) FROM sqlite_master", nullptr,
                  nullptr, nullptr) != SQLITE_OK) {
      return Error("opening");
    }
    return Status::Ok();
  }

  Row ReadRow(sqlite3_stmt* statement) const {
    Row row;
    const int columns = api_.column_count(statement);
    for (int i = 0; i < columns; ++i) {
      if (api_.column_type(statement, i) == SQLITE_NULL) {
        row.emplace_back();
        continue;
      }
      // First the pointer, which may convert the value, then its size.
      const void* bytes = api_.column_blob(statement, i);
      const auto size = static_cast<size_t>(api_.column_bytes(statement, i));
      row.emplace_back(
          size == 0 ? std::string()
                    : std::string(static_cast<const char*>(bytes), size));
    }
    return row;
  }

  Status Error(std::string_view doing) const {
    return DatabaseError(url_, doing,
                         db_ == nullptr ? "out of memory" : api_.errmsg(db_));
  }

  Api api_;
  DatabaseUrl url_;
  sqlite3* db_ = nullptr;
};

}  // namespace

Result<std::unique_ptr<Database>> OpenSqlite(
    const DatabaseUrl& url, std::chrono::milliseconds timeout) {
  if (url.database.empty() || url.database == ":memory:") {
    return Status::Source(
        "the database URL names a SQLite database in memory, which no other "
        "process can read");
  }
  Api api;
  if (Status s = LoadApi(&api); !s.ok()) return s;
  auto database = std::make_unique<SqliteDatabase>(api, url);
  if (Status s = database->Open(timeout); !s.ok()) return s;
  return std::unique_ptr<Database>(std::move(database));
}

}  // namespace maskpipe
