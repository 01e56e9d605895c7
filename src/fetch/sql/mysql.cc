// MySQL and MariaDB databases, by libmariadb.

#include <mysql.h>

#include <algorithm>
#include <charconv>

#include "src/fetch/sql/client_library.h"
#include "src/fetch/sql/database.h"

namespace maskpipe {
namespace {

struct Api {
  decltype(&::mysql_init) init = nullptr;
  decltype(&::mysql_close) close = nullptr;
  decltype(&::mysql_options) options = nullptr;
  decltype(&::mysql_ssl_set) ssl_set = nullptr;
  decltype(&::mysql_real_connect) connect = nullptr;
  decltype(&::mysql_error) error = nullptr;
  decltype(&::mysql_real_query) query = nullptr;
  decltype(&::mysql_store_result) store_result = nullptr;
  decltype(&::mysql_field_count) field_count = nullptr;
  decltype(&::mysql_num_fields) num_fields = nullptr;
  decltype(&::mysql_fetch_row) fetch_row = nullptr;
  decltype(&::mysql_fetch_lengths) fetch_lengths = nullptr;
  decltype(&::mysql_free_result) free_result = nullptr;
};

Status LoadApi(Api* api) {
  Result<ClientLibrary> library =
      ClientLibrary::Load("libmariadb.so.3", "libmariadb3");
  if (!library.ok()) return library.status();
  ClientLibrary& l = *library;
  const bool found = l.Find("mysql_init", &api->init) &&
                     l.Find("mysql_close", &api->close) &&
                     l.Find("mysql_options", &api->options) &&
                     l.Find("mysql_ssl_set", &api->ssl_set) &&
                     l.Find("mysql_real_connect", &api->connect) &&
                     l.Find("mysql_error", &api->error) &&
                     l.Find("mysql_real_query", &api->query) &&
                     l.Find("mysql_store_result", &api->store_result) &&
                     l.Find("mysql_field_count", &api->field_count) &&
                     l.Find("mysql_num_fields", &api->num_fields) &&
                     l.Find("mysql_fetch_row", &api->fetch_row) &&
                     l.Find("mysql_fetch_lengths", &api->fetch_lengths) &&
                     l.Find("mysql_free_result", &api->free_result);
  return found ? Status::Ok() : l.Missing();
}

const char* OrNull(std::string_view text) {
  return text.empty() ? nullptr : text.data();
}

bool IsNo(std::string_view value) {
  return value == "false" || value == "False" || value == "0";
}

class MysqlDatabase : public Database {
 public:
  MysqlDatabase(const Api& api, DatabaseUrl url)
      : api_(api), url_(std::move(url)) {}
  ~MysqlDatabase() override {
    if (connection_ != nullptr) api_.close(connection_);
  }

  std::string Quoted(std::string_view identifier) const override {
    return '`' + std::string(identifier) + '`';
  }

  // 1 options, 2 connection, 3 transaction.
  Status Open(std::chrono::milliseconds timeout) {
    connection_ = api_.init(nullptr);  // 1
    if (connection_ == nullptr) return Error("connecting");
    const auto seconds =
        static_cast<unsigned int>(std::max<int64_t>(1, timeout.count() / 1000));
    for (const mysql_option o :
         {MYSQL_OPT_CONNECT_TIMEOUT, MYSQL_OPT_READ_TIMEOUT,
          MYSQL_OPT_WRITE_TIMEOUT}) {
      api_.options(connection_, o, &seconds);
    }
    api_.options(connection_, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    // A server could ask for any file that we can read.
    const unsigned int no = 0;
    api_.options(connection_, MYSQL_OPT_LOCAL_INFILE, &no);
    SetTls();

    unsigned int port = 0;  // 2
    std::from_chars(url_.port.data(), url_.port.data() + url_.port.size(),
                    port);
    if (api_.connect(connection_, OrNull(url_.host), OrNull(url_.user),
                     url_.has_password ? url_.password.c_str() : nullptr,
                     OrNull(url_.database), port,
                     OrNull(url_.Option("unix_socket")), 0) == nullptr) {
      return Error("connecting");
    }
    // One state of both tables, and no write whatever is asked.
    for (const char* sql :
         {"SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ",
          "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY"}) {  // 3
      if (Status s = Query(sql, [](const Row&) { return Status::Ok(); });
          !s.ok()) {
        return s;
      }
    }
    return Status::Ok();
  }

  Status Query(const std::string& sql,
               const std::function<Status(const Row&)>& each) override {
    if (api_.query(connection_, sql.data(), sql.size()) != 0) {
      return Error("reading");
    }
    const std::unique_ptr<MYSQL_RES, decltype(&::mysql_free_result)> result(
        api_.store_result(connection_), api_.free_result);
    if (result == nullptr) {
      return api_.field_count(connection_) == 0 ? Status::Ok()
                                                : Error("reading");
    }
    const unsigned int columns = api_.num_fields(result.get());
    while (MYSQL_ROW values = api_.fetch_row(result.get())) {
      const unsigned long* sizes = api_.fetch_lengths(result.get());
      Row row;
      for (unsigned int c = 0; c < columns; ++c) {
        if (values[c] == nullptr) {
          row.emplace_back();
        } else {
          row.emplace_back(std::string(values[c], sizes[c]));
        }
      }
      if (Status s = each(row); !s.ok()) return s;
    }
    return Status::Ok();
  }

 private:
  // The names of mysqlclient, PyMySQL and mysqlconnector in a URL's query.
  void SetTls() {
    const std::string_view ca = url_.Option("ssl_ca");
    const std::string_view cert = url_.Option("ssl_cert");
    const std::string_view ca_path = url_.Option("ssl_capath");
    if (ca.empty() && cert.empty() && ca_path.empty()) return;
    api_.ssl_set(connection_, OrNull(url_.Option("ssl_key")), OrNull(cert),
                 OrNull(ca), OrNull(ca_path),
                 OrNull(url_.Option("ssl_cipher")));
    // Who names a CA wants the server verified.
    const my_bool verify = !(ca.empty() && ca_path.empty()) &&
                           !IsNo(url_.Option("ssl_check_hostname")) &&
                           !IsNo(url_.Option("ssl_verify_cert"));
    api_.options(connection_, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &verify);
  }

  Status Error(std::string_view doing) const {
    return DatabaseError(
        url_, doing,
        connection_ == nullptr ? "out of memory" : api_.error(connection_));
  }

  Api api_;
  DatabaseUrl url_;
  MYSQL* connection_ = nullptr;
};

}  // namespace

Result<std::unique_ptr<Database>> OpenMysql(const DatabaseUrl& url,
                                            std::chrono::milliseconds timeout) {
  Api api;
  if (Status s = LoadApi(&api); !s.ok()) return s;
  auto database = std::make_unique<MysqlDatabase>(api, url);
  if (Status s = database->Open(timeout); !s.ok()) return s;
  return std::unique_ptr<Database>(std::move(database));
}

}  // namespace maskpipe
