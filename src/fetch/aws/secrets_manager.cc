#include "src/fetch/aws/secrets_manager.h"

#include <sodium.h>

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <set>

#include "src/fetch/aws/pages.h"
#include "src/secret/secret.h"

namespace maskpipe::aws {
namespace {

constexpr size_t kBatch = 20;  // most that BatchGetSecretValue takes
constexpr std::string_view kCurrent = "AWSCURRENT";

struct Item {
  std::string name;  // as messages and masks call it
  std::string id;    // what requests name it by: the ARN where it is known
  bool listed = false;
  // The versions with a stage, where the list told them.
  bool versions_known = false;
  std::string current;
  std::vector<std::string> others;
};

using ItemPtr = std::shared_ptr<const Item>;

std::string ListBody(const std::string& prefix, std::string_view token) {
  std::string body = "{\"MaxResults\":100";
  if (!prefix.empty()) {
    body += ",\"Filters\":[{\"Key\":\"name\",\"Values\":[" +
            JsonQuoted(prefix) + "]}]";
  }
  if (!token.empty()) body += ",\"NextToken\":" + JsonQuoted(token);
  return body + "}";
}

// Gone between list and get, never filled, or on its way to deletion: nobody
// can read it any more, a task neither.
bool IsGone(std::string_view error) {
  return error == "ResourceNotFoundException" ||
         error == "InvalidRequestException";
}

// Errors that the single calls may not have.
bool IsOfBatchAlone(const Answer& answer) {
  return answer.unknown_operation() || answer.access_denied() ||
         answer.error == "InvalidParameterException" ||
         answer.error == "ValidationException" ||
         answer.error == "ResourceNotFoundException" ||
         answer.error == "InvalidRequestException" ||
         answer.error == "DecryptionFailure";
}

Item ItemOf(const rapidjson::Value& entry) {
  Item item;
  item.listed = true;
  item.name = JsonString(entry, "Name");
  item.id = JsonString(entry, "ARN");
  if (item.id.empty()) item.id = item.name;
  const auto at = entry.FindMember("SecretVersionsToStages");
  item.versions_known = at != entry.MemberEnd() && at->value.IsObject();
  if (!item.versions_known) return item;
  for (const auto& version : at->value.GetObject()) {
    std::string id(version.name.GetString(), version.name.GetStringLength());
    bool current = false;
    if (version.value.IsArray()) {
      for (const auto& stage : version.value.GetArray()) {
        current |= stage.IsString() && stage.GetString() == kCurrent;
      }
    }
    if (current) {
      item.current = std::move(id);
    } else {
      item.others.push_back(std::move(id));
    }
  }
  return item;
}

// One reading. Everything happens in callbacks within the HTTP client's Run().
class Reading {
 public:
  Reading(Client* client, bool current_only, const ValueSink& sink)
      : client_(client), current_only_(current_only), sink_(sink) {}

  void List(const std::string& prefix,
            const std::vector<std::string>& fallback) {
    ++lists_open_;
    CallPages(client_,
              {.operation = "ListSecrets",
               .entries = "SecretList",
               .body = [=](auto token) { return ListBody(prefix, token); },
               .take = [=, this](auto& entry) { Listed(prefix, entry); },
               .page = [this] { Pump(); },
               .end =
                   [=, this](auto& answer) {
                     --lists_open_;
                     if (answer.ok() ||
                         !report_.ReadInstead(answer, fallback,
                                              "aws-secretsmanager[names=A;B]:"))
                       return;
                     for (const std::string& name : fallback) Name(name);
                   }});
  }

  void Name(const std::string& name) {
    auto item = std::make_shared<Item>();
    item->name = item->id = name;
    Want(std::move(item));
  }

  // No more will be named or listed, but by pages that are under way.
  void NamesEnd() { Pump(); }

  ReadReport TakeReport() { return std::move(report_); }

 private:
  void Listed(const std::string& prefix, const rapidjson::Value& entry) {
    Item item = entry.IsObject() ? ItemOf(entry) : Item{};
    if (item.name.empty()) {
      report_.FailAll(Status::Source(
          "ListSecrets: the answer holds an entry without a name"));
      return;
    }
    // An emulator may filter otherwise than AWS.
    if (!item.name.starts_with(prefix)) return;
    Want(std::make_shared<Item>(std::move(item)));
  }

  // --- The values ------------------------------------------------------------
  void Want(std::shared_ptr<Item> item) {
    // A list that changes may show a secret on two pages.
    if (!seen_.insert(item->id).second) return;
    if (!current_only_) {
      for (const std::string& version : item->others) Version(item, version);
    }
    waiting_.push_back(std::move(item));
  }

  // Asks for full batches; for the rest once no list can bring more. The first
  // batch goes alone, since its answer says whether there are batches.
  void Pump() {
    if (pumping_) return;  // a call that fails at once calls back at once
    pumping_ = true;
    while (!waiting_.empty()) {
      if (batches_ == Batches::kNone) {
        const ItemPtr item = waiting_.front();
        waiting_.pop_front();
        Single(item);
        continue;
      }
      if (waiting_.size() < kBatch && lists_open_ > 0) break;
      if (batches_ == Batches::kUnknown && batches_open_ > 0) break;
      std::vector<ItemPtr> batch;
      while (!waiting_.empty() && batch.size() < kBatch) {
        batch.push_back(waiting_.front());
        waiting_.pop_front();
      }
      Batch(std::move(batch));
    }
    pumping_ = false;
  }

  void Batch(std::vector<ItemPtr> batch) {
    std::string body;
    for (const ItemPtr& item : batch) {
      body +=
          (body.empty() ? "{\"SecretIdList\":[" : ",") + JsonQuoted(item->id);
    }
    ++batches_open_;
    client_->Start("BatchGetSecretValue", body + "]}",
                   [this, batch = std::move(batch)](Answer answer) mutable {
                     --batches_open_;
                     TakeBatch(std::move(batch), std::move(answer));
                     Pump();
                   });
  }

  // 1 what the answer holds, 2 what had no room in it, 3 what it does not hold:
  // one by one, so that each secret's own error is told.
  void TakeBatch(std::vector<ItemPtr> batch, Answer answer) {
    if (!answer.ok()) {
      if (!IsOfBatchAlone(answer)) {
        for (const ItemPtr& item : batch)
          report_.Fail(item->name, answer.status);
        return;
      }
      if (answer.unknown_operation() || answer.access_denied()) {
        batches_ = Batches::kNone;
      }
      for (const ItemPtr& item : batch) Single(item);
      return;
    }
    batches_ = Batches::kWork;
    const size_t asked = batch.size();
    std::vector<ItemPtr> left = std::move(batch);
    if (const rapidjson::Value* values = answer.body.array("SecretValues")) {
      for (const auto& value : values->GetArray()) {  // 1
        const std::string_view arn = JsonString(value, "ARN");
        const std::string_view name = JsonString(value, "Name");
        const auto at =
            std::find_if(left.begin(), left.end(), [&](const ItemPtr& item) {
              return item->id == arn || item->id == name;
            });
        if (at == left.end()) continue;
        const ItemPtr item = *at;
        left.erase(at);
        TakeValue(item, value, true);
      }
    }
    if (!answer.body.text("NextToken").empty() && !left.empty() &&
        left.size() < asked) {  // 2
      Batch(std::move(left));
      return;
    }
    for (const ItemPtr& item : left) Single(item);  // 3
  }

  void Single(const ItemPtr& item) {
    client_->Start("GetSecretValue",
                   "{\"SecretId\":" + JsonQuoted(item->id) + "}",
                   [this, item](Answer answer) {
                     if (answer.ok()) {
                       TakeValue(item, answer.body.root(), true);
                     } else if (item->listed && IsGone(answer.error)) {
                       report_.warnings.push_back(
                           PrintableName(item->name) +
                           " is listed, and has no value that anybody could "
                           "read (" +
                           answer.error + "): deleted, or never filled");
                     } else {
                       report_.Fail(item->name, answer.status);
                     }
                   });
  }

  void Version(const ItemPtr& item, const std::string& version) {
    client_->Start("GetSecretValue",
                   "{\"SecretId\":" + JsonQuoted(item->id) +
                       ",\"VersionId\":" + JsonQuoted(version) + "}",
                   [this, item](Answer answer) {
                     if (answer.ok()) {
                       TakeValue(item, answer.body.root(), false);
                     } else if (!IsGone(answer.error)) {
                       report_.Fail(item->name, answer.status,
                                    "a version of it: ");
                     }
                   });
  }

  // Of a secret whose versions no list told. Who may read only the current
  // version may not read the others in a task either.
  void Stage(const ItemPtr& item, const std::string& stage) {
    client_->Start("GetSecretValue",
                   "{\"SecretId\":" + JsonQuoted(item->id) +
                       ",\"VersionStage\":" + JsonQuoted(stage) + "}",
                   [this, item, stage](Answer answer) {
                     if (answer.ok()) {
                       TakeValue(item, answer.body.root(), false);
                     } else if (answer.access_denied()) {
                       report_.warnings.push_back(PrintableName(item->name) +
                                                  ": its " + stage +
                                                  " version may not be read");
                     } else if (!IsGone(answer.error)) {
                       report_.Fail(item->name, answer.status,
                                    "its " + stage + " version: ");
                     }
                   });
  }

  void TakeValue(const ItemPtr& item, const rapidjson::Value& value,
                 bool current) {
    if (current && !current_only_) {
      const std::string_view version = JsonString(value, "VersionId");
      if (!item->versions_known) {
        Stage(item, "AWSPENDING");
        Stage(item, "AWSPREVIOUS");
      } else if (!item->current.empty() && version != item->current) {
        // Rotated since the list was made: what was current then may be in
        // use.
        Version(item, item->current);
      }
    }
    const auto text = value.FindMember("SecretString");
    const std::string_view binary = JsonString(value, "SecretBinary");
    if (text != value.MemberEnd() && text->value.IsString()) {
      ++report_.values;
      sink_(item->name, JsonString(value, "SecretString"));
    } else if (!binary.empty()) {
      std::string bytes(binary.size(), '\0');
      size_t size = 0;
      if (::sodium_base642bin(reinterpret_cast<unsigned char*>(bytes.data()),
                              bytes.size(), binary.data(), binary.size(),
                              nullptr, &size, nullptr,
                              sodium_base64_VARIANT_ORIGINAL) != 0) {
        report_.Fail(item->name,
                     Status::Source("its SecretBinary is no base64"));
        return;
      }
      ++report_.values;
      sink_(item->name, std::string_view(bytes).substr(0, size));
    } else {
      report_.Fail(item->name,
                   Status::Source("the answer holds neither SecretString nor "
                                  "SecretBinary"));
    }
  }

  enum class Batches { kUnknown, kWork, kNone };

  Client* client_;
  const bool current_only_;
  const ValueSink& sink_;
  ReadReport report_;
  size_t lists_open_ = 0;
  std::set<std::string> seen_;   // ids
  std::deque<ItemPtr> waiting_;  // for a batch
  Batches batches_ = Batches::kUnknown;
  size_t batches_open_ = 0;
  bool pumping_ = false;
};

}  // namespace

ReadReport SecretsManager::Read(const Wanted& wanted, const ValueSink& sink) {
  Reading reading(client_, wanted.current_only, sink);
  for (const std::string& prefix : wanted.prefixes) {
    reading.List(prefix, wanted.names);
  }
  if (wanted.prefixes.empty()) {
    for (const std::string& name : wanted.names) reading.Name(name);
  }
  reading.NamesEnd();
  http_->Run();
  return reading.TakeReport();
}

Result<std::vector<std::string>> SecretsManager::Names(
    const std::string& prefix, size_t most) {
  std::vector<std::string> names;
  Status status;
  CallPages(client_,
            {.operation = "ListSecrets",
             .entries = "SecretList",
             .body = [&](auto token) { return ListBody(prefix, token); },
             .take =
                 [&](auto& entry) {
                   const std::string_view name = JsonString(entry, "Name");
                   if (!name.empty() && name.starts_with(prefix))
                     names.emplace_back(name);
                 },
             .more = [&] { return names.size() < most; },
             .end = [&](auto& answer) { status = answer.status; }});
  http_->Run();
  if (!status.ok()) return status;
  if (names.size() > most) names.resize(most);
  return names;
}

}  // namespace maskpipe::aws
