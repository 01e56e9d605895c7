// env:GLOB — variables of our environment by name (fnmatch(3)).

#include <fnmatch.h>
#include <unistd.h>

#include <algorithm>
#include <string_view>

#include "src/source/providers.h"

namespace maskpipe {
namespace {

// What every shell sets: a wide GLOB does not mean these.
constexpr std::string_view kShells[] = {
    "HOME", "HOSTNAME", "LANG",   "LANGUAGE", "LOGNAME", "LS_COLORS",
    "MAIL", "OLDPWD",   "PATH",   "PWD",      "SHELL",   "SHLVL",
    "TERM", "TZ",       "TMPDIR", "USER",     "_"};

}  // namespace

Status LoadEnvironment(const SourceSpec& spec, const SourceLimits&,
                       SecretStore* store, std::vector<Warning>*) {
  if (Status s = CheckOptions(spec, {}); !s.ok()) return s;
  if (spec.argument.empty()) {
    return Status::Usage("source env needs a name or a pattern, e.g. env:DB_*");
  }
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view variable = *entry;
    const size_t equals = variable.find('=');
    if (equals == variable.npos) continue;
    const std::string name(variable.substr(0, equals));
    if (name != spec.argument) {
      if (::fnmatch(spec.argument.c_str(), name.c_str(), 0) != 0) continue;
      if (name.starts_with("MASKPIPE_") || name.starts_with("LC_")) continue;
      if (std::find(std::begin(kShells), std::end(kShells), name) !=
          std::end(kShells)) {
        continue;
      }
    }
    store->Add({.name = name}, variable.substr(equals + 1));
  }
  return Status::Ok();
}

}  // namespace maskpipe
