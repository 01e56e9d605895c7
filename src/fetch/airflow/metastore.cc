#include "src/fetch/airflow/metastore.h"

#include "src/fetch/sql/database.h"

namespace maskpipe {
namespace {

// The names of rows that could not be decrypted.
class Undecrypted {
 public:
  void Add(const std::string& name) {
    constexpr size_t kNamed = 50;
    if (++count_ > kNamed) return;
    names_ += (names_.empty() ? "" : ", ") + PrintableName(name);
    if (count_ == kNamed) names_ += ", ...";
  }

  Status Told(const FernetKeys& keys) const {
    if (count_ == 0) return Status::Ok();
    const std::string rows = std::to_string(count_) +
                             (count_ == 1 ? " value" : " values") +
                             " of the metastore cannot be decrypted: " + names_;
    if (keys.empty()) {
      return Status::Source(rows +
                            "; there is no Fernet key: set "
                            "AIRFLOW__CORE__FERNET_KEY or [core] fernet_key of "
                            "airflow.cfg to what this Airflow uses");
    }
    return Status::Source(
        rows + "; none of the " + std::to_string(keys.size()) +
        " Fernet keys of [core] fernet_key encrypted them: add the older key "
        "behind a comma, or run `airflow rotate-fernet-key` where it is known");
  }

 private:
  size_t count_ = 0;
  std::string names_;
};

bool IsTrue(const std::optional<std::string>& value) {
  return value.has_value() &&
         (*value == "1" || *value == "t" || *value == "true");
}

class Reader {
 public:
  Reader(Database* database, const FernetKeys& keys, const MaskingRules& rules,
         SecretStore* store)
      : database_(database), keys_(keys), rules_(rules), store_(store) {}

  Status Connections() {
    enum : size_t {
      kId,
      kLogin,
      kPassword,
      kHost,
      kSchema,
      kExtra,
      kEncrypted,
      kExtraEncrypted
    };
    return database_->Query(
        Select({"conn_id", "login", "password", "host", "schema", "extra",
                "is_encrypted", "is_extra_encrypted"},
               "connection"),
        [this](const Row& row) {
          const std::string name = "connection/" + row[kId].value_or("");
          ConnectionRow connection;
          connection.login = row[kLogin].value_or("");
          connection.host = row[kHost].value_or("");
          connection.schema = row[kSchema].value_or("");
          connection.password =
              Text(row[kPassword], IsTrue(row[kEncrypted]), name + "/password");
          connection.extra =
              Text(row[kExtra], IsTrue(row[kExtraEncrypted]), name + "/extra");
          AddConnectionRow(name, connection, rules_, store_);
          return Status::Ok();
        });
  }

  Status Variables() {
    enum : size_t { kKey, kValue, kEncrypted };
    return database_->Query(
        Select({"key", "val", "is_encrypted"}, "variable"),
        [this](const Row& row) {
          const std::string key = row[kKey].value_or("");
          const std::string name = "variable/" + key;
          AddVariable(name, key,
                      Text(row[kValue], IsTrue(row[kEncrypted]), name), rules_,
                      store_);
          return Status::Ok();
        });
  }

  Status Told() const { return undecrypted_.Told(keys_); }

 private:
  // By the columns' names: other versions have others besides. `schema` and
  // `key` are words of SQL.
  std::string Select(std::initializer_list<std::string_view> columns,
                     std::string_view table) const {
    std::string sql;
    for (const std::string_view column : columns) {
      sql += (sql.empty() ? "SELECT " : ", ") + database_->Quoted(column);
    }
    return sql + " FROM " + database_->Quoted(table);
  }

  // Airflow encrypts no empty value.
  std::string Text(const std::optional<std::string>& value, bool encrypted,
                   const std::string& name) {
    if (!value.has_value() || value->empty() || !encrypted) {
      return value.value_or("");
    }
    std::optional<std::string> text = keys_.Decrypt(*value);
    if (!text.has_value()) undecrypted_.Add(name);
    return std::move(text).value_or("");
  }

  Database* database_;
  const FernetKeys& keys_;
  const MaskingRules& rules_;
  SecretStore* store_;
  Undecrypted undecrypted_;
};

}  // namespace

Status ReadMetastore(std::string_view url, const FernetKeys& keys,
                     const MaskingRules& rules,
                     std::chrono::milliseconds timeout, SecretStore* store) {
  Result<DatabaseUrl> parsed = DatabaseUrl::Parse(url);
  if (!parsed.ok()) return parsed.status();
  Result<std::unique_ptr<Database>> database = Database::Open(*parsed, timeout);
  if (!database.ok()) return database.status();
  Reader reader(database->get(), keys, rules, store);
  if (Status s = reader.Connections(); !s.ok()) return s;
  if (Status s = reader.Variables(); !s.ok()) return s;
  return reader.Told();
}

}  // namespace maskpipe
