// Calls an operation that answers page by page.
//
//   CallPages(&client, {.operation = "ListSecrets", .entries = "SecretList",
//                       .body = …, .take = …, .page = …, .end = …});
//   http.Run();
//
// Follows NextToken. A token that the service does not know any more (the list
// changed between two pages) makes it begin again, once, so that `take` may see
// an entry twice. Pages that go round in a circle, and an answer without its
// list, end it as failures.

#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "src/fetch/aws/client.h"

namespace maskpipe::aws {

struct Pages {
  std::string operation;
  std::string entries;  // what an answer calls its list
  // The request for the page of this token; empty: the first.
  std::function<std::string(std::string_view token)> body;
  std::function<void(const rapidjson::Value& entry)> take;
  // After each page, once the next is asked for or `end` was called.
  std::function<void()> page = [] {};
  // Asked after each page that has a next one; false: it is not wanted.
  std::function<bool()> more = [] { return true; };
  // Once: an Ok answer, or the one that failed.
  std::function<void(const Answer&)> end;
};

// `client` must live until the end, within its HTTP client's Run().
void CallPages(Client* client, Pages pages);

}  // namespace maskpipe::aws
