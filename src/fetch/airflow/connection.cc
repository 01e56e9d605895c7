#include "src/fetch/airflow/connection.h"

#include <algorithm>
#include <set>

#include "src/fetch/percent.h"
#include "src/secret/harmless.h"
#include "src/secret/json.h"
#include "src/secret/leaf.h"
#include "src/secret/text.h"
#include "src/secret/uri.h"

namespace maskpipe {
namespace {

constexpr std::string_view kExtraKey = "__extra__";

// What Connection makes of a URI.
struct ParsedUri {
  std::string password;
  std::vector<std::pair<std::string, std::string>> query;
  std::string_view inner;  // the second URI of spark://yarn://host
};

ParsedUri ParseUri(std::string_view uri) {
  ParsedUri parsed;
  std::string_view rest = uri.substr(uri.find("://") + 3);
  if (rest.find("://") != rest.npos) parsed.inner = rest;
  rest = rest.substr(0, rest.find('#'));
  if (const size_t query = rest.find('?'); query != rest.npos) {
    parsed.query = ParseQuery(rest.substr(query + 1));
    rest = rest.substr(0, query);
  }
  const std::string_view authority = rest.substr(0, rest.find('/'));
  if (const size_t at = authority.rfind('@'); at != authority.npos) {
    const std::string_view user_info = authority.substr(0, at);
    const size_t colon = user_info.find(':');
    if (colon != user_info.npos) {
      parsed.password = PercentDecode(user_info.substr(colon + 1));
    }
  }
  return parsed;
}

// Adds the parts of one connection or variable.
class Parts {
 public:
  Parts(std::string name, const MaskingRules& rules, SecretStore* store)
      : name_(std::move(name)), rules_(rules), store_(store) {}

  bool strict() const { return rules_.policy == MaskingPolicy::kStrict; }

  // Strict: the value, and what it holds, judged by its key.
  void Add(const std::string& path, const std::string& key,
           std::string_view value, bool open = true) {
    if (value.empty()) return;
    store_->Add({.name = Named(path), .key = key, .open = open}, value);
  }

  // Another spelling of `plain`.
  void AddSpelling(const std::string& path, const std::string& key,
                   std::string_view plain, const std::string& spelling) {
    if (spelling == plain || !spelled_.insert(spelling).second) return;
    if (IsHarmlessKey(key)) return;
    if (IsHarmlessValue(plain) && !NamesCredential(key)) return;
    Add(path, key, spelling, false);
  }

  void AddWhole(std::string_view text, bool open) {
    store_->Add({.name = name_, .open = open}, text);
  }

  // get_uri() quotes everything; the masker of Airflow 2 leaves '/' alone.
  void AddPasswordSpellings(const std::string& path, std::string_view value) {
    AddSpelling(path, "password", value, PercentEncode(value, ""));
    AddSpelling(path, "password", value, PercentEncode(value, "/"));
  }

  // get_uri() writes extra as a query.
  void AddExtraSpellings(const std::string& path, std::string_view extra) {
    Arena arena;
    JsonText json;
    if (!ReadJson(extra, &arena, &json).what.empty()) return;
    for (const JsonLeaf& leaf : json.leaves) {
      AddSpelling(path + "/" + leaf.path, leaf.key, leaf.value,
                  PercentEncodePlus(leaf.value));
    }
  }

  // Airflow's policy: what mask_secret() registers.
  void Mask(const std::string& path, std::string_view value) {
    if (Trim(value).empty() || Characters(value) < rules_.min_length) return;
    store_->Add({.name = Named(path), .open = false, .certain = true}, value);
  }

  void MaskPassword(std::string_view value) {
    Mask("password", value);
    if (const std::string quoted = PercentEncode(value, "/"); quoted != value) {
      Mask("password", quoted);
    }
  }

  void MaskSensitiveLeaves(const std::string& path, std::string_view text) {
    Arena arena;
    JsonText json;
    if (!ReadJson(text, &arena, &json).what.empty()) return;
    for (const JsonLeaf& leaf : json.leaves) {
      if (IsSensitive(leaf.key)) {
        Mask(path.empty() ? leaf.path : path + "/" + leaf.path, leaf.value);
      }
    }
  }

  bool IsSensitive(std::string_view name) const {
    if (!rules_.names_tell) return false;
    if (IsSensitiveName(Trim(name))) return true;
    std::string lower(name);
    std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
    });
    return std::any_of(
        rules_.sensitive_words.begin(), rules_.sensitive_words.end(),
        [&](const auto& word) { return lower.find(word) != lower.npos; });
  }

 private:
  std::string Named(const std::string& path) const {
    return path.empty() ? name_ : name_ + "/" + path;
  }

  std::string name_;
  const MaskingRules& rules_;
  SecretStore* store_;
  std::set<std::string> spelled_;
};

void AddUri(std::string_view text, Parts* parts) {
  const ParsedUri uri = ParseUri(text);
  if (parts->strict()) {
    parts->AddWhole(text, true);
    if (!uri.inner.empty()) parts->Add("host", "", uri.inner);
    parts->AddPasswordSpellings("password", uri.password);
    for (const auto& [key, value] : uri.query) {
      if (key == kExtraKey) {
        parts->AddExtraSpellings("extra", value);
      } else {
        parts->AddSpelling(key, key, value, PercentEncodePlus(value));
      }
    }
    return;
  }
  parts->MaskPassword(uri.password);
  for (const auto& [key, value] : uri.query) {
    if (key == kExtraKey) {
      parts->MaskSensitiveLeaves("extra", value);
    } else if (parts->IsSensitive(key)) {
      parts->Mask(key, value);
    }
  }
}

// The field that a key stands for; the key itself where no word says so.
std::string FieldOf(const std::string& key, const ConnectionSource& source) {
  if (source.words == nullptr) return key;
  for (const auto& [field, words] : *source.words) {
    if (std::find(words.begin(), words.end(), key) != words.end()) return field;
  }
  return key;
}

void AddObject(const ConnectionSource& source, std::string_view text,
               const JsonText& json, const MaskingRules& rules, Parts* parts,
               SecretStore* store) {
  if (!parts->strict()) {
    bool has_password = false;  // the first key of a field wins
    for (const JsonMember& m : json.members) {
      const std::string field = FieldOf(m.name, source);
      if (field == "password" && !has_password) {
        has_password = true;
        parts->MaskPassword(m.value);
      } else if (field == "extra" || field == "extra_dejson") {
        parts->MaskSensitiveLeaves("extra", m.value);
      } else if (field == "uri" && IsUri(m.value)) {
        AddUri(m.value, parts);
      }
    }
    return;
  }
  SecretStore found;  // to see whether any of it is a secret
  Parts own(source.name, rules, &found);
  for (const JsonMember& m : json.members) {
    const std::string field = FieldOf(m.name, source);
    own.Add(m.name, field, m.value);
    if (field == "password") own.AddPasswordSpellings(m.name, m.value);
    if (field == "extra" || field == "extra_dejson") {
      own.AddExtraSpellings(m.name, m.value);
    }
    if (field == "uri" && IsUri(m.value)) {
      own.AddPasswordSpellings(m.name, ParseUri(m.value).password);
    }
  }
  const Leaves leaves = Judge(found, Rules());
  const bool holds_secrets =
      std::any_of(leaves.list.begin(), leaves.list.end(),
                  [](const Leaf& leaf) { return IsMasked(leaf.verdict); });
  // As a whole too, but not opened again: its keys mean what the words say.
  if (holds_secrets) parts->AddWhole(text, false);
  for (const Secret& secret : found.secrets()) {
    store->Add(secret, secret.value);
  }
}

}  // namespace

std::map<std::string, std::vector<std::string>> SecretsManagerWords() {
  return {{"login", {"user", "username", "login", "user_name"}},
          {"password", {"password", "pass", "key"}},
          {"host", {"host", "remote_host", "server"}},
          {"port", {"port"}},
          {"schema", {"database", "schema"}},
          {"conn_type", {"conn_type", "conn_id", "connection_type", "engine"}},
          {"extra", {"extra"}}};
}

std::string WithPlainQuotes(std::string_view text) {
  struct Replacement {
    std::string_view typographic;
    char plain;
  };
  constexpr Replacement kQuotes[] = {
      {"\u201c", '"'},  {"\u201d", '"'},  {"\u201e", '"'},  {"\u201f", '"'},
      {"\u2018", '\''}, {"\u2019", '\''}, {"\u201a", '\''}, {"\u201b", '\''},
      {"\u00ab", '"'},  {"\u00bb", '"'},  {"\u2033", '"'}};
  std::string out;
  while (!text.empty()) {
    const auto* quote = std::find_if(
        std::begin(kQuotes), std::end(kQuotes),
        [&](const Replacement& q) { return text.starts_with(q.typographic); });
    if (quote == std::end(kQuotes)) {
      out += text[0];
      text.remove_prefix(1);
    } else {
      out += quote->plain;
      text.remove_prefix(quote->typographic.size());
    }
  }
  return out;
}

ConnectionText AddConnection(const ConnectionSource& source,
                             std::string_view text, const MaskingRules& rules,
                             SecretStore* store) {
  text = Trim(text);
  if (text.empty()) return ConnectionText::kRead;
  Parts parts(source.name, rules, store);
  const std::string plain = WithPlainQuotes(text);
  // The outermost quotes may have been meant for a shell.
  const std::string_view unquoted = Unquote(plain);
  if (!text.starts_with('{') && !unquoted.starts_with('{')) {
    if (IsUri(text)) {
      AddUri(text, &parts);
    } else if (parts.strict()) {
      parts.AddWhole(text, true);
    }
    return ConnectionText::kRead;
  }
  Arena arena;
  JsonText json;
  if (ReadJson(text, &arena, &json).what.empty() && json.is_object) {
    AddObject(source, text, json, rules, &parts, store);
    return ConnectionText::kRead;
  }
  if (parts.strict()) parts.AddWhole(text, true);
  JsonText mended;
  if (plain == text || !ReadJson(unquoted, &arena, &mended).what.empty() ||
      !mended.is_object) {
    return ConnectionText::kBadJson;
  }
  AddObject(source, unquoted, mended, rules, &parts, store);
  return ConnectionText::kTypographicQuotes;
}

void AddConnectionRow(const std::string& name, const ConnectionRow& row,
                      const MaskingRules& rules, SecretStore* store) {
  Parts parts(name, rules, store);
  if (!parts.strict()) {
    parts.MaskPassword(row.password);
    parts.MaskSensitiveLeaves("extra", row.extra);
    return;
  }
  parts.Add("password", "password", row.password);
  parts.AddPasswordSpellings("password", row.password);
  parts.Add("login", "login", row.login);
  parts.Add("host", "host", row.host);
  parts.Add("schema", "schema", row.schema);
  parts.Add("extra", "extra", row.extra);
  parts.AddExtraSpellings("extra", row.extra);
}

void AddConnectionField(const std::string& name, const std::string& path,
                        const std::string& key, std::string_view value,
                        const MaskingRules& rules, SecretStore* store) {
  Parts parts(name, rules, store);
  const bool nested = path.find('/') != path.npos;
  if (!parts.strict()) {
    if (!nested && key == "password") {
      parts.MaskPassword(value);
    } else if (!nested && key == "extra") {
      parts.MaskSensitiveLeaves("extra", value);
    } else if (nested && parts.IsSensitive(key)) {
      parts.Mask(path, value);
    }
    return;
  }
  parts.Add(path, key, value);
  if (key == "password") parts.AddPasswordSpellings(path, value);
  if (nested) parts.AddSpelling(path, key, value, PercentEncodePlus(value));
  if (!nested && key == "extra") parts.AddExtraSpellings(path, value);
}

void AddVariable(const std::string& name, std::string_view key,
                 std::string_view text, const MaskingRules& rules,
                 SecretStore* store) {
  Parts parts(name, rules, store);
  if (parts.strict()) {
    if (!Trim(text).empty()) parts.AddWhole(text, true);
    return;
  }
  if (parts.IsSensitive(key)) parts.Mask("", text);
  parts.MaskSensitiveLeaves("", text);
}

}  // namespace maskpipe
