#include "src/source/spec.h"

#include <algorithm>

namespace maskpipe {
namespace {

// An option of this name would hold a secret itself.
bool NamesSecret(std::string_view option) {
  for (std::string_view word :
       {"password", "passwd", "secret", "token", "key"}) {
    if (option.find(word) != option.npos) return true;
  }
  return false;
}

// scheme://user:password@…
bool HoldsPassword(std::string_view text) {
  const size_t begin = text.find("://");
  if (begin == text.npos) return false;
  const std::string_view rest = text.substr(begin + 3);
  const size_t at = rest.rfind('@');
  return at != rest.npos && rest.substr(0, at).find(':') != rest.npos;
}

}  // namespace

Result<SourceSpec> SourceSpec::Parse(std::string_view text) {
  const std::string how =
      "; expected KIND[option=value,...]:ARGUMENT, e.g. "
      "file:/run/secrets.json";
  if (HoldsPassword(text)) {
    return Status::Usage(
        "a --source holds a URL with a password: everybody can read a command "
        "line; put the URL into a variable or a file");
  }
  SourceSpec spec;
  spec.text = text;
  const auto is_kind = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  };
  const size_t kind_end = static_cast<size_t>(
      std::find_if_not(text.begin(), text.end(), is_kind) - text.begin());
  spec.kind = text.substr(0, kind_end);
  std::string_view rest = text.substr(kind_end);
  // The one kind that takes no argument.
  if (rest.empty() && spec.kind == "airflow") return spec;
  if (spec.kind.empty() || rest.empty() || (rest[0] != ':' && rest[0] != '[')) {
    return Status::Usage("a --source is no source" + how);
  }
  if (rest[0] == '[') {
    const size_t close = rest.find("]:");
    if (close == rest.npos) {
      return Status::Usage("the options of source " + spec.kind +
                           " are not closed by ]:" + how);
    }
    std::string_view options = rest.substr(1, close - 1);
    rest.remove_prefix(close + 1);
    while (!options.empty()) {
      const size_t end = std::min(options.find(','), options.size());
      const std::string_view option = options.substr(0, end);
      options.remove_prefix(std::min(end + 1, options.size()));
      const size_t equals = option.find('=');
      const std::string name(option.substr(0, equals));
      if (NamesSecret(name)) {
        return Status::Usage("an option of source " + spec.kind +
                             " names a credential: everybody can read a "
                             "command line; use a profile or the environment");
      }
      if (equals == option.npos || name.empty()) {
        return Status::Usage("an option of source " + spec.kind +
                             " is no option=value" + how);
      }
      spec.options[name] = option.substr(equals + 1);
    }
  }
  spec.argument = rest.substr(1);
  return spec;
}

}  // namespace maskpipe
