// PostgreSQL databases, by libpq.

#include <libpq-fe.h>

#include <algorithm>

#include "src/fetch/sql/client_library.h"
#include "src/fetch/sql/database.h"

namespace maskpipe {
namespace {

struct Api {
  decltype(&::PQconnectdbParams) connect = nullptr;
  decltype(&::PQstatus) status = nullptr;
  decltype(&::PQerrorMessage) error_message = nullptr;
  decltype(&::PQfinish) finish = nullptr;
  decltype(&::PQexec) exec = nullptr;
  decltype(&::PQresultStatus) result_status = nullptr;
  decltype(&::PQclear) clear = nullptr;
  decltype(&::PQntuples) rows = nullptr;
  decltype(&::PQnfields) columns = nullptr;
  decltype(&::PQgetisnull) is_null = nullptr;
  decltype(&::PQgetvalue) value = nullptr;
  decltype(&::PQgetlength) length = nullptr;
};

Status LoadApi(Api* api) {
  Result<ClientLibrary> library = ClientLibrary::Load("libpq.so.5", "libpq5");
  if (!library.ok()) return library.status();
  ClientLibrary& l = *library;
  const bool found =
      l.Find("PQconnectdbParams", &api->connect) &&
      l.Find("PQstatus", &api->status) &&
      l.Find("PQerrorMessage", &api->error_message) &&
      l.Find("PQfinish", &api->finish) && l.Find("PQexec", &api->exec) &&
      l.Find("PQresultStatus", &api->result_status) &&
      l.Find("PQclear", &api->clear) && l.Find("PQntuples", &api->rows) &&
      l.Find("PQnfields", &api->columns) &&
      l.Find("PQgetisnull", &api->is_null) &&
      l.Find("PQgetvalue", &api->value) && l.Find("PQgetlength", &api->length);
  return found ? Status::Ok() : l.Missing();
}

// libpq's parameters for a URL. What SQLAlchemy's drivers take in the query
// are libpq's own names, but for those of asyncpg.
std::vector<std::pair<std::string, std::string>> Parameters(
    const DatabaseUrl& url, std::chrono::milliseconds timeout) {
  std::vector<std::pair<std::string, std::string>> out = {
      {"application_name", "maskpipe-fetch"},
      {"client_encoding", "UTF8"},
      {"connect_timeout",
       std::to_string(std::max<int64_t>(2, timeout.count() / 1000))}};
  const auto set = [&out](std::string_view name, std::string_view value) {
    const auto at = std::find_if(
        out.begin(), out.end(), [&](const auto& p) { return p.first == name; });
    if (at != out.end()) {
      at->second = value;
    } else {
      out.emplace_back(name, value);
    }
  };
  if (!url.host.empty()) set("host", url.host);
  if (!url.port.empty()) set("port", url.port);
  if (!url.user.empty()) set("user", url.user);
  if (url.has_password) set("password", url.password);
  if (!url.database.empty()) set("dbname", url.database);
  // ?host=a:5432&host=b:5432 is SQLAlchemy's way to name several.
  std::string hosts, ports;
  for (const auto& [name, value] : url.query) {
    if (name == "host") {
      // A path of a socket holds no port.
      const size_t colon =
          value.starts_with('/') ? value.npos : value.rfind(':');
      if (!hosts.empty()) hosts += ',';
      hosts += value.substr(0, colon);
      const std::string port =
          colon == value.npos ? "" : value.substr(colon + 1);
      if (!ports.empty() || hosts.find(',') != hosts.npos) ports += ',';
      ports += port;
    } else if (name == "ssl") {
      set("sslmode", value == "true" ? "require" : value);
    } else if (name != "client_encoding") {
      set(name, value);
    }
  }
  if (!hosts.empty()) set("host", hosts);
  if (ports.find_first_not_of(',') != ports.npos) set("port", ports);
  return out;
}

class PostgresqlDatabase : public Database {
 public:
  PostgresqlDatabase(const Api& api, DatabaseUrl url)
      : api_(api), url_(std::move(url)) {}
  ~PostgresqlDatabase() override {
    if (connection_ != nullptr) api_.finish(connection_);
  }

  Status Open(std::chrono::milliseconds timeout) {
    const auto parameters = Parameters(url_, timeout);
    std::vector<const char*> names, values;
    for (const auto& [name, value] : parameters) {
      names.push_back(name.c_str());
      values.push_back(value.c_str());
    }
    names.push_back(nullptr);
    values.push_back(nullptr);
    connection_ = api_.connect(names.data(), values.data(), 0);
    if (connection_ == nullptr || api_.status(connection_) != CONNECTION_OK) {
      return Error("connecting");
    }
    // One state of both tables, and no write whatever is asked.
    return Query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
                 [](const Row&) { return Status::Ok(); });
  }

  Status Query(const std::string& sql,
               const std::function<Status(const Row&)>& each) override {
    const std::unique_ptr<PGresult, decltype(&::PQclear)> result(
        api_.exec(connection_, sql.c_str()), api_.clear);
    const ExecStatusType done = api_.result_status(result.get());
    if (done != PGRES_TUPLES_OK && done != PGRES_COMMAND_OK) {
      return Error("reading");
    }
    for (int r = 0; r < api_.rows(result.get()); ++r) {
      Row row;
      for (int c = 0; c < api_.columns(result.get()); ++c) {
        if (api_.is_null(result.get(), r, c) != 0) {
          row.emplace_back();
        } else {
          row.emplace_back(std::string(
              api_.value(result.get(), r, c),
              static_cast<size_t>(api_.length(result.get(), r, c))));
        }
      }
      if (Status s = each(row); !s.ok()) return s;
    }
    return Status::Ok();
  }

 private:
  Status Error(std::string_view doing) const {
    return DatabaseError(url_, doing,
                         connection_ == nullptr
                             ? "out of memory"
                             : api_.error_message(connection_));
  }

  Api api_;
  DatabaseUrl url_;
  PGconn* connection_ = nullptr;
};

}  // namespace

Result<std::unique_ptr<Database>> OpenPostgresql(
    const DatabaseUrl& url, std::chrono::milliseconds timeout) {
  Api api;
  if (Status s = LoadApi(&api); !s.ok()) return s;
  auto database = std::make_unique<PostgresqlDatabase>(api, url);
  if (Status s = database->Open(timeout); !s.ok()) return s;
  return std::unique_ptr<Database>(std::move(database));
}

}  // namespace maskpipe
