// Reads parameters from AWS Systems Manager's Parameter Store: String,
// StringList and SecureString (decrypted), in every version that it keeps.
//
//   ParameterStore store(&client, &http);
//   ReadReport report = store.Read({.paths = {"/airflow"}}, sink);
//
// GetParametersByPath gives 10 a page, values included. Where it is denied with
// decryption (one key of many may be the reason), the list is read without, and
// the values 10 at a time, then one by one, so that each failure has a name.
// Only a parameter that was written again costs a request for its history: a
// task that runs may still hold the value of before. Where histories are denied
// that is a warning, since a task may not read them either.

#pragma once

#include <string>
#include <vector>

#include "src/fetch/aws/client.h"
#include "src/fetch/aws/read_report.h"

namespace maskpipe::aws {

class ParameterStore {
 public:
  struct Wanted {
    std::vector<std::string> paths{};  // "/a/b": all below; "/": all
    // Read without listing; with paths, what is left where the list is denied.
    std::vector<std::string> names{};
    bool current_only = false;  // no history
  };

  // Both must outlive it; `http` is the client's own.
  ParameterStore(Client* client, HttpClient* http)
      : client_(client), http_(http) {}

  // Gives a StringList as a whole and each of its elements as NAME/0 …
  ReadReport Read(const Wanted& wanted, const ValueSink& sink);

  // The names of all parameters, no values; at most `most`.
  Result<std::vector<std::string>> Names(size_t most);

 private:
  Client* client_;
  HttpClient* http_;
};

}  // namespace maskpipe::aws
