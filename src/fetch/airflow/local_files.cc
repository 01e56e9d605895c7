#include "src/fetch/airflow/local_files.h"

#include <algorithm>
#include <set>

#include "src/secret/json.h"
#include "src/secret/text.h"
#include "src/source/secret_file.h"
#include "src/source/yaml.h"

namespace maskpipe {
namespace {

using Holds = SecretsBackend::Holds;

class FileReader {
 public:
  FileReader(const std::string& path, Holds holds, const MaskingRules& rules,
             SecretStore* store, std::vector<Warning>* warnings)
      : path_(path),
        holds_(holds),
        rules_(rules),
        store_(store),
        warnings_(warnings) {}

  Status Read(SecretFile* file) {
    std::string ending = path_.substr(path_.rfind('.') + 1);
    std::transform(ending.begin(), ending.end(), ending.begin(), [](char c) {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
    });
    if (ending == "json") return Json(file);
    if (ending == "yaml" || ending == "yml") return Yaml(file);
    if (ending == "env") return Env(file->text());
    return Status::Source(path_ +
                          ": Airflow reads files that end in .env, .json, "
                          ".yaml or .yml");
  }

 private:
  Status Broken(size_t line, const std::string& what) const {
    return Status::Source(path_ + ", line " + std::to_string(line) + ": " +
                          what);
  }

  void Add(const std::string& name, std::string_view value) {
    if (!seen_.insert(name).second) {
      warnings_->push_back({"stands-twice",
                            path_ + ": " + PrintableName(name) +
                                " stands there twice, which Airflow refuses",
                            "remove one"});
    }
    if (holds_ != Holds::kConnections) {
      AddVariable(name, name, value, rules_, store_);
      return;
    }
    switch (AddConnection({.name = name}, value, rules_, store_)) {
      case ConnectionText::kRead:
        break;
      case ConnectionText::kBadJson:
        warnings_->push_back({"bad-connection",
                              path_ + ": the connection " +
                                  PrintableName(name) + " is no valid JSON",
                              ""});
        break;
      case ConnectionText::kTypographicQuotes:
        warnings_->push_back({"typographic-quotes",
                              path_ + ": the connection " +
                                  PrintableName(name) +
                                  " is no valid JSON: it holds typographic "
                                  "quotes",
                              "write plain quotes"});
        break;
    }
  }

  // A value is a text, an object, or a list of one of these.
  Status Json(SecretFile* file) {
    JsonText json;
    const JsonError error = ReadJson(file->text(), file->arena(), &json);
    if (!error.what.empty()) {
      return Broken(error.line, "no valid JSON: " + error.what);
    }
    if (!json.is_object) return Broken(1, "no JSON object of names and values");
    for (const JsonMember& member : json.members) {
      JsonText list;
      if (!member.value.starts_with('[') ||
          !ReadJson(member.value, file->arena(), &list).what.empty()) {
        Add(member.name, member.value);
        continue;
      }
      for (const JsonMember& element : list.members) {
        Add(member.name, element.value);
      }
    }
    return Status::Ok();
  }

  // Leaves arrive with their path; those of one connection are neighbours.
  Status Yaml(SecretFile* file) {
    YamlText yaml;
    const YamlError error = ReadYaml(file->text(), file->arena(), &yaml);
    if (!error.what.empty()) return Broken(error.line, error.what);
    for (const YamlLeaf& leaf : yaml.leaves) {
      if (leaf.depth == 0) {
        return Broken(1, "no YAML mapping of names to values");
      }
      // A list of one: conn_id/0.
      const bool listed = leaf.path.ends_with("/0") && leaf.depth == 2 &&
                          leaf.path == leaf.key + "/0";
      if (leaf.depth == 1 || listed) {
        Add(leaf.key, leaf.value);
      } else if (holds_ == Holds::kConnections) {
        const size_t slash = leaf.path.find('/');
        AddConnectionField(leaf.path.substr(0, slash),
                           leaf.path.substr(slash + 1), leaf.key, leaf.value,
                           rules_, store_);
      } else {
        store_->Add({.name = leaf.path, .key = leaf.key}, leaf.value);
      }
    }
    return Status::Ok();
  }

  // NAME=VALUE a line; quotes are part of the value, comments have a line of
  // their own.
  Status Env(std::string_view text) {
    size_t number = 0;
    while (!text.empty()) {
      ++number;
      const size_t end = std::min(text.find_first_of("\r\n"), text.size());
      const std::string_view line = text.substr(0, end);
      text.remove_prefix(std::min(
          end + (text.substr(end).starts_with("\r\n") ? 2 : 1), text.size()));
      if (Trim(line).empty() || Trim(line).starts_with('#')) continue;
      const size_t equals = line.find('=');
      if (equals == line.npos) return Broken(number, "expected NAME=VALUE");
      Add(std::string(line.substr(0, equals)), line.substr(equals + 1));
    }
    return Status::Ok();
  }

  const std::string& path_;
  Holds holds_;
  const MaskingRules& rules_;
  SecretStore* store_;
  std::vector<Warning>* warnings_;
  std::set<std::string> seen_;
};

}  // namespace

Status ReadLocalFile(const std::string& path, SecretsBackend::Holds holds,
                     const MaskingRules& rules, const SourceLimits& limits,
                     SecretStore* store, std::vector<Warning>* warnings) {
  Result<SecretFile> file = SecretFile::Read(path, limits, warnings);
  if (!file.ok()) return file.status();
  return FileReader(path, holds, rules, store, warnings).Read(&*file);
}

}  // namespace maskpipe
