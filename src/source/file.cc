// file:PATH — a .json, .yaml, dotenv or one-per-line file of secrets.
//
// [format=json|yaml|dotenv|lines|value] says which, else the name's ending,
// else what the text looks like; `value` takes the whole file as one secret.
// Where dotenv or YAML is only guessed, each line is a secret too: a line of
// base64 with its padding looks like NAME= as well.

#include <algorithm>
#include <set>

#include "src/secret/dotenv.h"
#include "src/secret/harmless.h"
#include "src/secret/json.h"
#include "src/secret/text.h"
#include "src/source/providers.h"
#include "src/source/secret_file.h"
#include "src/source/yaml.h"

namespace maskpipe {
namespace {

Status Broken(const std::string& path, size_t line, const std::string& what) {
  return Status::Source(path + ", line " + std::to_string(line) + ": " + what);
}

std::string BaseName(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

Status AddTwice(const std::string& path, size_t line, const std::string& name) {
  return Broken(path, line,
                "the name " + PrintableName(name) +
                    " stands there twice; which value is meant is not to be "
                    "guessed");
}

Status LoadJson(const std::string& path, SecretFile* file, SecretStore* store) {
  JsonText json;
  const JsonError error = ReadJson(file->text(), file->arena(), &json);
  if (!error.what.empty()) {
    return Broken(path, error.line, "no valid JSON: " + error.what);
  }
  std::set<std::string> names;
  for (const JsonMember& m : json.members) {
    if (json.is_object && !names.insert(m.name).second) {
      return AddTwice(path, m.line, m.name);
    }
    store->Add({.name = m.name}, m.value);
  }
  // A file that is one string or number.
  if (json.members.empty() && json.leaves.size() == 1) {
    store->Add({.name = BaseName(path)}, json.leaves[0].value);
  }
  return Status::Ok();
}

Status LoadYaml(const std::string& path, SecretFile* file, SecretStore* store) {
  YamlText yaml;
  const YamlError error = ReadYaml(file->text(), file->arena(), &yaml);
  if (!error.what.empty()) return Broken(path, error.line, error.what);
  for (YamlLeaf& leaf : yaml.leaves) {
    store->Add({.name = leaf.path.empty() ? BaseName(path) : leaf.path,
                .key = leaf.depth > 1 ? leaf.key : ""},
               leaf.value);
  }
  return Status::Ok();
}

Status LoadDotenv(const std::string& path, SecretFile* file,
                  SecretStore* store) {
  std::vector<DotenvEntry> entries;
  const DotenvError error = ReadDotenv(file->text(), file->arena(), &entries);
  if (!error.what.empty()) return Broken(path, error.line, error.what);
  std::set<std::string> names;
  for (const DotenvEntry& entry : entries) {
    if (!names.insert(entry.name).second) {
      return AddTwice(path, entry.line, entry.name);
    }
    for (std::string_view value : entry.values) {
      store->Add({.name = entry.name}, value);
    }
  }
  return Status::Ok();
}

Status LoadLines(const std::string& path, SecretFile* file,
                 SecretStore* store) {
  size_t number = 0;
  for (std::string_view line : Lines(file->text())) {
    store->Add({.name = BaseName(path) + "/" + std::to_string(++number)}, line);
  }
  return Status::Ok();
}

Status LoadValue(const std::string& path, SecretFile* file,
                 SecretStore* store) {
  store->Add({.name = BaseName(path)}, file->text());
  return Status::Ok();
}

std::string FormatByName(const std::string& path) {
  const std::string name = BaseName(path);
  const auto ends = [&](std::string_view end) { return name.ends_with(end); };
  if (ends(".json")) return "json";
  if (ends(".yaml") || ends(".yml")) return "yaml";
  if (ends(".env") || name.starts_with(".env")) return "dotenv";
  return "";
}

// Of what only looks like a name: it may make its value a credential, but not
// harmless, and it is never printed, since it may be half of a secret.
std::string GuessedKey(const std::string& name) {
  return IsHarmlessKey(name) ? "" : name;
}

// A file that does not say what it is.
Status LoadGuessed(const std::string& path, SecretFile* file,
                   SecretStore* store) {
  const std::string_view text = Trim(file->text());
  if (text.starts_with('{') || (text.starts_with('[') && text.ends_with(']'))) {
    return LoadJson(path, file, store);
  }
  std::vector<DotenvEntry> entries;
  if (ReadDotenv(text, file->arena(), &entries).what.empty()) {
    for (const DotenvEntry& entry : entries) {
      for (std::string_view value : entry.values) {
        // "=" and nothing is how base64 is padded.
        if (value.find_first_not_of('=') == value.npos) continue;
        store->Add(
            {.name = BaseName(path) + "/line" + std::to_string(entry.line),
             .key = GuessedKey(entry.name)},
            value);
      }
    }
    return LoadLines(path, file, store);
  }
  YamlText yaml;
  if (ReadYaml(text, file->arena(), &yaml).what.empty()) {
    size_t number = 0;
    for (const YamlLeaf& leaf : yaml.leaves) {
      if (leaf.depth == 0) continue;  // a text of many lines: no mapping
      store->Add({.name = BaseName(path) + "/value" + std::to_string(++number),
                  .key = GuessedKey(leaf.key)},
                 leaf.value);
    }
  }
  return LoadLines(path, file, store);
}

struct Format {
  std::string_view name;
  Status (*load)(const std::string& path, SecretFile*, SecretStore*);
};

constexpr Format kFormats[] = {{"json", LoadJson},
                               {"yaml", LoadYaml},
                               {"dotenv", LoadDotenv},
                               {"lines", LoadLines},
                               {"value", LoadValue}};

}  // namespace

Status LoadFile(const SourceSpec& spec, const SourceLimits& limits,
                SecretStore* store, std::vector<Warning>* warnings) {
  if (Status s = CheckOptions(spec, {"format"}); !s.ok()) return s;
  if (spec.argument.empty()) {
    return Status::Usage("source file needs a path, e.g. file:/run/s.json");
  }
  std::string format;
  if (const auto at = spec.options.find("format"); at != spec.options.end()) {
    format = at->second;
  } else {
    format = FormatByName(spec.argument);
  }
  const auto known = [&] {
    return std::find_if(std::begin(kFormats), std::end(kFormats),
                        [&](const Format& f) { return f.name == format; });
  };
  if (!format.empty() && known() == std::end(kFormats)) {
    return Status::Usage(
        "source file has no such format; there are json, yaml, dotenv, lines, "
        "value");
  }
  Result<SecretFile> file = SecretFile::Read(spec.argument, limits, warnings);
  if (!file.ok()) return file.status();
  if (format.empty()) return LoadGuessed(spec.argument, &*file, store);
  return known()->load(spec.argument, &*file, store);
}

}  // namespace maskpipe
