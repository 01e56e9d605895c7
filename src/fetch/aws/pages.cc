#include "src/fetch/aws/pages.h"

#include <memory>
#include <set>
#include <utility>

namespace maskpipe::aws {
namespace {

bool IsOldToken(std::string_view error) {
  return error == "InvalidNextTokenException" || error == "InvalidNextToken";
}

// Kept alive by the request that is under way.
class PageReader : public std::enable_shared_from_this<PageReader> {
 public:
  PageReader(Client* client, Pages pages)
      : client_(client), pages_(std::move(pages)) {}

  void Ask(std::string_view token) {
    client_->Start(pages_.operation, pages_.body(token),
                   [self = shared_from_this()](Answer answer) {
                     self->Take(std::move(answer));
                     self->pages_.page();
                   });
  }

 private:
  void Take(Answer answer) {
    if (IsOldToken(answer.error) && !begun_again_) {
      begun_again_ = true;
      tokens_.clear();
      Ask("");
      return;
    }
    if (answer.ok()) {
      const rapidjson::Value* entries =
          answer.body.array(pages_.entries.c_str());
      if (entries == nullptr) {
        Fail(&answer, "the answer holds no " + pages_.entries);
      } else {
        for (const auto& entry : entries->GetArray()) pages_.take(entry);
        std::string next(answer.body.text("NextToken"));
        if (!next.empty() && pages_.more()) {
          if (tokens_.insert(next).second) {
            Ask(next);
            return;
          }
          Fail(&answer, "the pages go round in a circle");
        }
      }
    }
    pages_.end(answer);
  }

  void Fail(Answer* answer, const std::string& why) {
    answer->status = Status::Source(pages_.operation + ": " + why);
  }

  Client* client_;
  Pages pages_;
  std::set<std::string, std::less<>> tokens_;  // that were used
  bool begun_again_ = false;
};

}  // namespace

void CallPages(Client* client, Pages pages) {
  std::make_shared<PageReader>(client, std::move(pages))->Ask("");
}

}  // namespace maskpipe::aws
