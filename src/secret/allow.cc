#include "src/secret/allow.h"

#include <fnmatch.h>

#include <algorithm>

#include "src/secret/secret.h"
#include "src/secret/text.h"

namespace maskpipe {

AllowList::AllowList()
    : values_{// Airflow's own masker leaves this word alone for the same reason
              "airflow", "Airflow", "default", "localhost", "127.0.0.1",
              "0.0.0.0", "true", "True", "false", "False", "null", "None",
              "none",
              // values of libpq's sslmode, which connections carry around
              "require", "prefer", "disable", "verify-ca", "verify-full"} {
  std::sort(values_.begin(), values_.end());
}

void AllowList::Add(std::string_view text) {
  constexpr std::string_view kName = "name:", kValue = "value:";
  for (std::string_view line : Lines(text)) {
    if (line.starts_with('#')) continue;
    if (line.starts_with(kName)) {
      // A glob of nothing but '*' would allow every secret.
      const std::string_view glob = Trim(line.substr(kName.size()));
      if (glob.find_first_not_of('*') != glob.npos) globs_.emplace_back(glob);
    } else if (line.starts_with(kValue)) {
      values_.emplace_back(Trim(line.substr(kValue.size())));
    } else {
      values_.emplace_back(line);
    }
  }
  std::sort(values_.begin(), values_.end());
}

bool AllowList::HasValue(std::string_view value) const {
  return std::binary_search(values_.begin(), values_.end(), value);
}

bool AllowList::HasName(const std::string& name) const {
  if (globs_.empty()) return false;
  // A name may also be given as check prints it; but not one that is printed
  // cut off, since another that begins alike would be allowed with it.
  const std::string printed = PrintableName(name);
  const bool whole = printed.size() == name.size();
  return std::any_of(globs_.begin(), globs_.end(), [&](const std::string& g) {
    return ::fnmatch(g.c_str(), name.c_str(), 0) == 0 ||
           (whole && ::fnmatch(g.c_str(), printed.c_str(), 0) == 0);
  });
}

}  // namespace maskpipe
