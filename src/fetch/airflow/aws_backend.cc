#include "src/fetch/airflow/aws_backend.h"

#include <re2/re2.h>

#include <algorithm>
#include <map>
#include <set>

#include "src/fetch/airflow/near_miss.h"
#include "src/fetch/aws/parameter_store.h"
#include "src/fetch/aws/secrets_manager.h"
#include "src/secret/secret.h"

namespace maskpipe {
namespace {

using Scope = SecretsBackend::Scope;
using Kind = SecretsBackend::Kind;

// Names beyond these do not help to find a slip.
constexpr size_t kNamesLookedAt = 1000;

// re.match(pattern, id, re.IGNORECASE): from the beginning, not to the end.
class LookupPattern {
 public:
  LookupPattern(const Scope& scope, std::vector<Warning>* warnings) {
    if (!scope.pattern.has_value()) return;
    RE2::Options options(RE2::Quiet);
    options.set_case_sensitive(false);
    pattern_ = std::make_unique<RE2>(*scope.pattern, options);
    if (pattern_->ok()) return;
    pattern_.reset();
    warnings->push_back(
        {"lookup-pattern",
         "the lookup pattern beside " + scope.argument +
             " is not understood, so all names match: more is masked than "
             "Airflow asks for",
         "avoid look-around and back references in it"});
  }

  bool Matches(std::string_view id) const {
    if (pattern_ == nullptr) return true;
    re2::StringPiece text(id.data(), id.size());
    return RE2::Consume(&text, *pattern_);
  }

 private:
  std::unique_ptr<RE2> pattern_;
};

// The name up to its last separator, which is kept.
std::string FolderOf(std::string_view name) {
  const size_t slash = name.rfind('/');
  return slash == name.npos ? std::string()
                            : std::string(name.substr(0, slash + 1));
}

// The last word of a/b/c/.
std::string_view LastWord(std::string_view folder) {
  while (folder.ends_with('/')) folder.remove_suffix(1);
  return folder.substr(folder.rfind('/') + 1);
}

}  // namespace

Status AwsBackend::Open(std::vector<Warning>* warnings) {
  const aws::Service service = backend_->kind == Kind::kSecretsManager
                                   ? aws::kSecretsManager
                                   : aws::kParameterStore;
  auto opened =
      aws::Connection::Open(std::move(backend_->session), service, deadline_);
  if (!opened.ok()) return opened.status();
  connection_ = std::move(*opened);
  if (connection_->session().RegionIsFromAwsRegion()) {
    warnings->push_back({"no-region",
                         "the region is taken from AWS_REGION, which Airflow "
                         "(botocore) does not read",
                         "set region_name or AWS_DEFAULT_REGION"});
  }
  return Status::Ok();
}

// Each name is read once, also where one prefix is the beginning of another.
std::vector<std::string> AwsBackend::Prefixes() const {
  std::vector<std::string> all, out;
  for (const Scope& scope : backend_->scopes) all.push_back(scope.prefix);
  std::sort(all.begin(), all.end());
  for (const std::string& prefix : all) {
    if (out.empty() || !prefix.starts_with(out.back())) out.push_back(prefix);
  }
  return out;
}

Status AwsBackend::Read(const std::vector<std::string>& names,
                        bool current_only, const Sink& sink,
                        std::vector<Warning>* warnings) {
  found_.assign(backend_->scopes.size(), 0);
  if (backend_->scopes.empty()) return Status::Ok();
  std::vector<LookupPattern> patterns;
  for (const Scope& scope : backend_->scopes) {
    patterns.emplace_back(scope, warnings);
  }
  if (Status s = Open(warnings); !s.ok()) return s;
  const aws::ValueSink take = [&](const std::string& name,
                                  std::string_view value) {
    for (size_t i = 0; i < backend_->scopes.size(); ++i) {
      const Scope& scope = backend_->scopes[i];
      if (!name.starts_with(scope.prefix)) continue;
      ++found_[i];
      const std::string_view id =
          std::string_view(name).substr(scope.prefix.size());
      if (patterns[i].Matches(id)) sink(scope, name, id, value);
    }
  };
  aws::ReadReport report;
  if (backend_->kind == Kind::kSecretsManager) {
    aws::SecretsManager manager(connection_->client(), connection_->http());
    report = manager.Read(
        {.prefixes = Prefixes(), .names = names, .current_only = current_only},
        take);
  } else {
    aws::ParameterStore parameters(connection_->client(), connection_->http());
    std::vector<std::string> paths = Prefixes();
    for (std::string& path : paths) {
      if (path.size() > 1 && path.ends_with('/')) path.pop_back();
    }
    report = parameters.Read(
        {.paths = paths, .names = names, .current_only = current_only}, take);
  }
  warnings->insert(warnings->end(), report.warnings.begin(),
                   report.warnings.end());
  if (!report.ok()) {
    return report.Summary(
        backend_->kind == Kind::kSecretsManager ? "secret" : "parameter");
  }
  return Status::Ok();
}

Result<std::vector<std::string>> AwsBackend::AllNames() {
  if (backend_->kind == Kind::kSecretsManager) {
    return aws::SecretsManager(connection_->client(), connection_->http())
        .Names("", kNamesLookedAt);
  }
  return aws::ParameterStore(connection_->client(), connection_->http())
      .Names(kNamesLookedAt);
}

void AwsBackend::FindElsewhere(std::vector<Warning>* warnings) {
  found_.resize(backend_->scopes.size());
  if (connection_ == nullptr && !Open(warnings).ok()) return;
  if (std::none_of(found_.begin(), found_.end(),
                   [](size_t n) { return n == 0; })) {
    return;
  }
  // Without the right to list, there is nothing to compare with.
  const Result<std::vector<std::string>> names = AllNames();
  if (!names.ok()) return;
  std::map<std::string, size_t> elsewhere;  // folders and what lies in them
  std::vector<size_t> lying(backend_->scopes.size());
  for (const std::string& name : *names) {
    bool asked = false;
    for (size_t i = 0; i < lying.size(); ++i) {
      if (!name.starts_with(backend_->scopes[i].prefix)) continue;
      asked = true;
      ++lying[i];
    }
    if (!asked) ++elsewhere[FolderOf(name)];
  }
  for (size_t i = 0; i < lying.size(); ++i) {
    const Scope& scope = backend_->scopes[i];
    if (found_[i] != 0 || lying[i] != 0) continue;
    const std::string nothing = "0 secrets under " +
                                PrintableName(scope.prefix) + " (" +
                                scope.argument + ")";
    // The folder of the same last word, else the fullest one.
    const std::pair<const std::string, size_t>* best = nullptr;
    bool same_word = false;
    for (const auto& folder : elsewhere) {
      const std::string_view word = LastWord(folder.first);
      const std::string_view wanted = LastWord(scope.prefix);
      const std::string_view known[] = {wanted};
      const bool same = word == wanted || !NearestName(word, known).empty();
      if (best == nullptr || same > same_word ||
          (same == same_word && folder.second > best->second)) {
        best = &folder;
        same_word = same;
      }
    }
    // Airflow's own defaults are there unasked.
    if (best == nullptr || !(same_word || scope.given)) {
      if (scope.given) {
        warnings->push_back({"empty-prefix", nothing, ""});
      }
      continue;
    }
    std::string folder = best->first;
    const std::string where =
        folder.empty() ? "without a prefix" : "under " + PrintableName(folder);
    while (folder.ends_with('/')) folder.pop_back();
    const std::string& sep = backend_->separator;
    if (sep != "/" && folder + sep == scope.prefix) {
      warnings->push_back(
          {"wrong-prefix",
           nothing + "; " + std::to_string(best->second) + " " + where,
           "set sep to \"/\", or leave it out"});
      continue;
    }
    warnings->push_back(
        {"wrong-prefix",
         nothing + "; " + std::to_string(best->second) + " " + where,
         "set " + scope.argument + " to " +
             (folder.empty() ? "\"\"" : PrintableName(folder)) +
             ", or name the secrets otherwise"});
  }
}

}  // namespace maskpipe
