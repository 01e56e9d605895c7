#include "src/fetch/aws/parameter_store.h"

#include <algorithm>
#include <set>

namespace maskpipe::aws {
namespace {

constexpr size_t kBatch = 10;  // most that GetParameters takes

// Errors that may be those of one parameter's key.
bool MayBeOfOneKey(const Answer& answer) {
  return answer.access_denied() || answer.error == "InvalidKeyId" ||
         answer.error == "KMSAccessDeniedException" ||
         answer.error == "KMSInvalidStateException";
}

class Reading {
 public:
  Reading(Client* client, const ValueSink& sink)
      : client_(client), sink_(sink) {}

  void List(const std::string& path, std::vector<std::string> fallback) {
    auto list = std::make_shared<Listing>();
    list->path = path;
    list->fallback = std::move(fallback);
    ListPage(list, "");
  }

  void Names(const std::vector<std::string>& names) {
    for (size_t i = 0; i < names.size(); i += kBatch) {
      const auto begin = names.begin() + static_cast<ptrdiff_t>(i);
      const auto left = static_cast<size_t>(names.end() - begin);
      Batch({begin, begin + static_cast<ptrdiff_t>(std::min(left, kBatch))});
    }
  }

  ReadReport TakeReport() { return std::move(report_); }

 private:
  struct Listing {
    std::string path;
    std::vector<std::string> fallback;
    bool decrypt = true;
    bool begun_again = false;
    std::set<std::string> tokens;    // that were used
    std::vector<std::string> names;  // where they are listed without values
  };
  using ListingPtr = std::shared_ptr<Listing>;

  void ListPage(const ListingPtr& list, const std::string& token) {
    std::string body = "{\"Path\":" + JsonQuoted(list->path) +
                       ",\"Recursive\":true,\"MaxResults\":10,"
                       "\"WithDecryption\":" +
                       (list->decrypt ? "true" : "false");
    if (!token.empty()) body += ",\"NextToken\":" + JsonQuoted(token);
    client_->Start("GetParametersByPath", body + "}",
                   [this, list](Answer answer) { TakePage(list, answer); });
  }

  void TakePage(const ListingPtr& list, const Answer& answer) {
    if (answer.error == "InvalidNextToken" && !list->begun_again) {
      list->begun_again = true;  // the list changed between two pages
      list->tokens.clear();
      list->names.clear();
      ListPage(list, "");
      return;
    }
    if (!answer.ok() && list->decrypt && MayBeOfOneKey(answer)) {
      list->decrypt = false;
      list->tokens.clear();
      ListPage(list, "");
      return;
    }
    if (!answer.ok()) {
      ListFailed(*list, answer);
      return;
    }
    const rapidjson::Value* entries = answer.body.array("Parameters");
    if (entries == nullptr) {
      FailAll("GetParametersByPath: the answer holds no Parameters");
      return;
    }
    for (const auto& entry : entries->GetArray()) {
      if (list->decrypt) {
        TakeValue(entry);
      } else {
        list->names.emplace_back(JsonString(entry, "Name"));
      }
    }
    const std::string next(answer.body.text("NextToken"));
    if (next.empty()) {
      Names(list->names);
    } else if (!list->tokens.insert(next).second) {
      FailAll("GetParametersByPath: the pages go round in a circle");
    } else {
      ListPage(list, next);
    }
  }

  void ListFailed(const Listing& list, const Answer& answer) {
    if (!answer.access_denied()) {
      FailAll(answer.status.message());
      return;
    }
    report_.list_denied = true;
    const std::string how =
        answer.status.message() + ", or give the names: aws-ssm[names=/A;/B]:";
    if (list.fallback.empty()) {
      FailAll(how);
      return;
    }
    report_.warnings.push_back(how + " (now only these are loaded)");
    Names(list.fallback);
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
        for (const std::string& name : left) Fail(name, answer.status);
        return;
      }
      const rapidjson::Value* entries =
          answer.ok() ? answer.body.array("Parameters") : nullptr;
      if (entries != nullptr) {
        for (const auto& entry : entries->GetArray()) {
          TakeValue(entry);
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
            Fail(name, answer.status);
            return;
          }
          const auto at = answer.body.root().FindMember("Parameter");
          if (at == answer.body.root().MemberEnd()) {
            Fail(name, Status::Source("the answer holds no Parameter"));
          } else {
            TakeValue(at->value);
          }
        });
  }

  void TakeValue(const rapidjson::Value& entry) {
    const std::string name(JsonString(entry, "Name"));
    if (name.empty() || !entry.HasMember("Value") ||
        !entry["Value"].IsString()) {
      FailAll("the answer holds a parameter without name or value");
      return;
    }
    // A list that begins again shows what it showed before.
    if (!seen_.insert(name).second) return;
    ++report_.values;
    const std::string_view value = JsonString(entry, "Value");
    sink_(name, value);
    if (JsonString(entry, "Type") != "StringList") return;
    size_t number = 0;
    for (size_t at = 0; at <= value.size();) {
      const size_t end = std::min(value.find(',', at), value.size());
      sink_(name + "/" + std::to_string(number++), value.substr(at, end - at));
      at = end + 1;
    }
  }

  void Fail(const std::string& name, const Status& status) {
    report_.failures.push_back({name, status.message()});
  }

  void FailAll(const std::string& why) {
    if (report_.status.ok()) report_.status = Status::Source(why);
  }

  Client* client_;
  const ValueSink& sink_;
  ReadReport report_;
  std::set<std::string> seen_;
};

}  // namespace

ReadReport ParameterStore::Read(const Wanted& wanted, const ValueSink& sink) {
  Reading reading(client_, sink);
  for (const std::string& path : wanted.paths) {
    reading.List(path, wanted.names);
  }
  if (wanted.paths.empty()) reading.Names(wanted.names);
  http_->Run();
  return reading.TakeReport();
}

}  // namespace maskpipe::aws
