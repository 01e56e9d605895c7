#include "src/source/source.h"

#include <algorithm>

#include "src/source/providers.h"

namespace maskpipe {
namespace {

struct Kind {
  std::string_view name;
  Provider load;
};

constexpr Kind kKinds[] = {
    {"env", LoadEnvironment},   {"file", LoadFile},
    {"dir", LoadDirectory},     {"airflow", LoadFetched},
    {"metastore", LoadFetched}, {"aws-secretsmanager", LoadFetched},
    {"aws-ssm", LoadFetched},
};

}  // namespace

Status CheckOptions(const SourceSpec& spec,
                    std::initializer_list<std::string_view> known) {
  for (const auto& [name, value] : spec.options) {
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      return Status::Usage("source " + spec.kind + " has no option " + name);
    }
  }
  return Status::Ok();
}

Loaded LoadSource(const SourceSpec& spec, const SourceLimits& limits,
                  SecretStore* store) {
  Loaded loaded;
  const auto* kind =
      std::find_if(std::begin(kKinds), std::end(kKinds),
                   [&](const Kind& k) { return k.name == spec.kind; });
  if (kind == std::end(kKinds)) {
    std::string known;
    for (const Kind& k : kKinds) {
      known += (known.empty() ? "" : ", ") + std::string(k.name);
    }
    loaded.status = Status::Usage("there is no source kind " + spec.kind +
                                  "; there are " + known);
    return loaded;
  }
  SecretStore found;  // of this source alone, so that a failure leaves nothing
  loaded.status = kind->load(spec, limits, &found, &loaded.warnings);
  if (!loaded.status.ok() && !limits.keep_part) return loaded;
  for (const Secret& secret : found.secrets()) {
    Secret copy = secret;
    copy.origin = spec.text;
    store->Add(std::move(copy), secret.value);
  }
  loaded.secrets = found.secrets().size();
  if (loaded.secrets == 0 && loaded.status.ok()) {
    loaded.warnings.emplace_back(
        "no-secret", "source " + spec.text + " holds no secret", "");
  }
  return loaded;
}

}  // namespace maskpipe
