// What --source takes: KIND[option=value,…]:ARGUMENT, for example
// `file[format=json]:/run/secrets.json`. The argument is taken verbatim.
// `airflow` is short for `airflow:`.

#pragma once

#include <map>
#include <string>
#include <string_view>

#include "src/base/status.h"

namespace maskpipe {

struct SourceSpec {
  std::string text;  // as given, for messages
  std::string kind;
  std::map<std::string, std::string> options;
  std::string argument;

  // Refuses a SPEC that carries a credential (an URL with a password, an
  // option that names a key), since command lines are seen by everybody, and
  // does not repeat it.
  static Result<SourceSpec> Parse(std::string_view text);
};

}  // namespace maskpipe
