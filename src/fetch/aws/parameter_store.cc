#include "src/fetch/aws/parameter_store.h"

#include <algorithm>
#include <deque>
#include <memory>
#include <set>

#include "src/fetch/aws/pages.h"
#include "src/secret/secret.h"

namespace maskpipe::aws {
namespace {

constexpr size_t kBatch = 10;  // most that GetParameters takes
// Refusals after which nobody is asked for histories any more.
constexpr size_t kRefusals = 3;

// Errors that may be those of one parameter's key.
bool MayBeOfOneKey(const Answer& answer) {
  return answer.access_denied() || answer.error == "InvalidKeyId" ||
         answer.error == "KMSAccessDeniedException" ||
         answer.error == "KMSInvalidStateException";
}

std::string PathBody(const std::string& path, bool decrypt,
                     std::string_view token) {
  std::string body = "{\"Path\":" + JsonQuoted(path) +
                     ",\"Recursive\":true,\"MaxResults\":10,"
                     "\"WithDecryption\":" +
                     (decrypt ? "true" : "false");
  if (!token.empty()) body += ",\"NextToken\":" + JsonQuoted(token);
  return body + "}";
}

std::string HistoryBody(const std::string& name, std::string_view token) {
  std::string body = "{\"Name\":" + JsonQuoted(name) +
                     ",\"MaxResults\":50,\"WithDecryption\":true";
  if (!token.empty()) body += ",\"NextToken\":" + JsonQuoted(token);
  return body + "}";
}

// 0 where the answer tells none.
int64_t VersionOf(const rapidjson::Value& entry) {
  const auto at = entry.FindMember("Version");
  return at != entry.MemberEnd() && at->value.IsInt64() ? at->value.GetInt64()
                                                        : 0;
}

// One reading. Everything happens in callbacks within the HTTP client's Run().
class Reading {
 public:
  Reading(Client* client, bool current_only, const ValueSink& sink)
      : client_(client), current_only_(current_only), sink_(sink) {}

  void List(const std::string& path, const std::vector<std::string>& fallback) {
    CallPages(client_,
              {.operation = "GetParametersByPath",
               .entries = "Parameters",
               .body = [=](auto token) { return PathBody(path, true, token); },
               .take = [this](auto& entry) { TakeCurrent(entry); },
               .end =
                   [=, this](auto& answer) {
                     if (answer.ok()) return;
                     if (MayBeOfOneKey(answer)) {
                       ListNames(path, fallback);
                     } else {
                       report_.FailAll(answer.status);
                     }
                   }});
  }

  void Names(const std::vector<std::string>& names) {
    for (size_t i = 0; i < names.size(); i += kBatch) {
      const auto begin = names.begin() + static_cast<ptrdiff_t>(i);
      const auto left = static_cast<size_t>(names.end() - begin);
      Batch({begin, begin + static_cast<ptrdiff_t>(std::min(left, kBatch))});
    }
  }

  ReadReport TakeReport() {
    if (histories_denied_ > 0) {
      report_.warnings.push_back(
          "earlier versions of parameters are not masked, since "
          "GetParameterHistory is denied: the role or user needs the IAM "
          "action ssm:GetParameterHistory");
    }
    return std::move(report_);
  }

 private:
  // Without their values, which are then asked for by name.
  void ListNames(const std::string& path,
                 const std::vector<std::string>& fallback) {
    auto names = std::make_shared<std::vector<std::string>>();
    CallPages(client_,
              {.operation = "GetParametersByPath",
               .entries = "Parameters",
               .body = [=](auto token) { return PathBody(path, false, token); },
               .take =
                   [=](auto& entry) {
                     names->emplace_back(JsonString(entry, "Name"));
                   },
               .end =
                   [=, this](auto& answer) {
                     if (answer.ok()) {
                       Names(*names);
                     } else if (report_.ReadInstead(answer, fallback,
                                                    "aws-ssm[names=/A;/B]:")) {
                       Names(fallback);
                     }
                   }});
  }

  void Batch(const std::vector<std::string>& names) {
    std::string body;
    for (const std::string& name : names) {
      body += (body.empty() ? "{\"WithDecryption\":true,\"Names\":[" : ",") +
              JsonQuoted(name);
    }
    client_->Start("GetParameters", body + "]}", [this, names](Answer answer) {
      std::set<std::string, std::less<>> left(names.begin(), names.end());
      if (!answer.ok() && !MayBeOfOneKey(answer) &&
          !answer.unknown_operation() &&
          answer.error != "ValidationException") {
        for (const std::string& name : left) report_.Fail(name, answer.status);
        return;
      }
      const rapidjson::Value* entries =
          answer.ok() ? answer.body.array("Parameters") : nullptr;
      if (entries != nullptr) {
        for (const auto& entry : entries->GetArray()) {
          TakeCurrent(entry);
          left.erase(std::string(JsonString(entry, "Name")));
        }
      }
      for (const std::string& name : left) Single(name);
    });
  }

  void Single(const std::string& name) {
    client_->Start(
        "GetParameter",
        "{\"WithDecryption\":true,\"Name\":" + JsonQuoted(name) + "}",
        [this, name](Answer answer) {
          if (!answer.ok()) {
            report_.Fail(name, answer.status);
            return;
          }
          const auto at = answer.body.root().FindMember("Parameter");
          if (at == answer.body.root().MemberEnd()) {
            report_.Fail(name, Status::Source("the answer holds no Parameter"));
          } else {
            TakeCurrent(at->value);
          }
        });
  }

  void TakeCurrent(const rapidjson::Value& entry) {
    const std::string name(JsonString(entry, "Name"));
    const int64_t version = TakeValue(name, entry);
    // A parameter that was never written again has no history.
    if (version < 0 || version == 1 || current_only_) return;
    histories_.push_back(name);
    AskHistories();
  }

  // The version, 0 where none is told; less where there is nothing, or what was
  // taken before: a list that begins again shows it twice.
  int64_t TakeValue(const std::string& name, const rapidjson::Value& entry) {
    if (name.empty() || !entry.HasMember("Value") ||
        !entry["Value"].IsString()) {
      report_.FailAll(
          Status::Source("the answer holds a parameter without name or value"));
      return -1;
    }
    const int64_t version = VersionOf(entry);
    if (!seen_.emplace(name, version).second) return -1;
    ++report_.values;
    const std::string_view value = JsonString(entry, "Value");
    sink_(name, value);
    if (JsonString(entry, "Type") != "StringList") return version;
    size_t number = 0;
    for (size_t at = 0; at <= value.size();) {
      const size_t end = std::min(value.find(',', at), value.size());
      sink_(name + "/" + std::to_string(number++), value.substr(at, end - at));
      at = end + 1;
    }
    return version;
  }

  // The first one goes alone: its answer says whether they can be had.
  void AskHistories() {
    if (asking_) return;  // a call that fails at once calls back at once
    asking_ = true;
    if (histories_over_) histories_.clear();
    while (!histories_.empty() && (histories_work_ || histories_open_ == 0)) {
      const std::string name = std::move(histories_.front());
      histories_.pop_front();
      ++histories_open_;
      CallPages(
          client_,
          {.operation = "GetParameterHistory",
           .entries = "Parameters",
           .body = [=](auto token) { return HistoryBody(name, token); },
           .take = [=, this](auto& entry) { (void)TakeValue(name, entry); },
           .end = [=, this](auto& answer) { HistoryEnd(name, answer); }});
      if (histories_over_) histories_.clear();
    }
    asking_ = false;
  }

  // Who may not read it, or not decrypt it, in a task may not either.
  void HistoryEnd(const std::string& name, const Answer& answer) {
    --histories_open_;
    if (answer.ok()) {
      histories_work_ = true;
    } else if (answer.unknown_operation()) {
      histories_over_ = true;  // an emulator without them
    } else if (answer.access_denied()) {
      histories_over_ = ++histories_denied_ >= kRefusals && !histories_work_;
    } else if (MayBeOfOneKey(answer)) {
      report_.warnings.push_back(
          "the earlier versions of " + PrintableName(name) +
          " cannot be decrypted by anybody who has these rights");
    } else if (answer.error != "ParameterNotFound") {
      report_.Fail(name, answer.status, "its earlier versions: ");
    }
    AskHistories();
  }

  Client* client_;
  const bool current_only_;
  const ValueSink& sink_;
  ReadReport report_;
  std::set<std::pair<std::string, int64_t>> seen_;
  std::deque<std::string> histories_;  // names to be asked for
  size_t histories_open_ = 0;
  size_t histories_denied_ = 0;
  bool histories_work_ = false;
  bool histories_over_ = false;
  bool asking_ = false;
};

}  // namespace

ReadReport ParameterStore::Read(const Wanted& wanted, const ValueSink& sink) {
  Reading reading(client_, wanted.current_only, sink);
  for (const std::string& path : wanted.paths) {
    reading.List(path, wanted.names);
  }
  if (wanted.paths.empty()) reading.Names(wanted.names);
  http_->Run();
  return reading.TakeReport();
}

Result<std::vector<std::string>> ParameterStore::Names(size_t most) {
  std::vector<std::string> names;
  Status status;
  CallPages(
      client_,
      {.operation = "GetParametersByPath",
       .entries = "Parameters",
       .body = [](auto token) { return PathBody("/", false, token); },
       .take =
           [&](auto& entry) { names.emplace_back(JsonString(entry, "Name")); },
       .more = [&] { return names.size() < most; },
       .end = [&](auto& answer) { status = answer.status; }});
  http_->Run();
  if (!status.ok()) return status;
  if (names.size() > most) names.resize(most);
  return names;
}

}  // namespace maskpipe::aws
