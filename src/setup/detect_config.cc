#include "src/setup/detect_config.h"

#include <charconv>

#include "src/base/arena.h"
#include "src/source/yaml.h"

namespace maskpipe {
namespace {

std::vector<std::string> Split(const std::string& path) {
  std::vector<std::string> parts(1);
  for (char c : path) {
    if (c == '/') {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

bool ToNumber(std::string_view text, double* number) {
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, *number);
  return error == std::errc() && stop == end;
}

// The pattern with its group of that number, counted from 1, named `secret`.
bool NameGroup(int number, std::string* pattern) {
  bool in_class = false;
  for (size_t i = 0; i < pattern->size(); ++i) {
    const char c = (*pattern)[i];
    if (c == '\\') {
      ++i;
    } else if (in_class) {
      in_class = c != ']';
    } else if (c == '[') {
      in_class = true;
      // ] stands for itself at the beginning of a class.
      if (pattern->compare(i + 1, 2, "^]") == 0) i += 2;
      if (pattern->compare(i + 1, 1, "]") == 0) ++i;
    } else if (c == '(') {
      const bool named = pattern->compare(i + 1, 3, "?P<") == 0;
      if (pattern->compare(i + 1, 1, "?") == 0 && !named) continue;
      if (--number != 0) continue;
      if (named) {
        const size_t close = pattern->find('>', i);
        if (close == pattern->npos) return false;
        pattern->replace(i, close + 1 - i, "(?P<secret>");
      } else {
        pattern->insert(i + 1, "?P<secret>");
      }
      return true;
    }
  }
  return false;
}

class Parser {
 public:
  Status Take(const YamlLeaf& leaf) {
    const std::vector<std::string> path = Split(leaf.path);
    const std::string value(leaf.value);
    const auto at = [&](size_t i) {
      return i < path.size() ? std::string_view(path[i]) : std::string_view();
    };
    const bool in_list = path.size() == 2;
    if (at(0) == "sensitive-names" && in_list) {
      config_.names.push_back(value);
    } else if (at(0) == "disable" && in_list) {
      config_.disabled.push_back(value);
    } else if (at(0) == "allowlist" && path.size() == 3) {
      if (at(1) == "regexes") {
        config_.allow.push_back(value);
      } else if (at(1) == "stopwords") {
        config_.stop_words.push_back(value);
      } else if (at(1) != "description") {
        return Unknown(leaf.path);
      }
    } else if (at(0) == "allowlist" && at(1) == "description") {
      return Status::Ok();
    } else if (at(0) == "title" && path.size() == 1) {
      return Status::Ok();
    } else if (at(0) == "rules" && path.size() >= 3) {
      return TakeOfRule(leaf.path, path, value);
    } else if (!(value.empty() && path.size() == 1 &&
                 (at(0) == "rules" || at(0) == "allowlist" ||
                  at(0) == "sensitive-names" || at(0) == "disable"))) {
      return Unknown(leaf.path);
    }
    return Status::Ok();
  }

  Result<DetectConfig> Finish() {
    for (size_t i = 0; i < config_.rules.size(); ++i) {
      Rule& rule = config_.rules[i];
      if (rule.name.empty() || rule.pattern.empty()) {
        return Status::Usage("rules/" + std::to_string(i) +
                             " lacks its id or its regex");
      }
      if (groups_[i] != 0 && !NameGroup(groups_[i], &rule.pattern)) {
        return Status::Usage("rule " + rule.name + " has no group " +
                             std::to_string(groups_[i]) + " (secretGroup)");
      }
    }
    return std::move(config_);
  }

 private:
  static Status Unknown(const std::string& path) {
    return Status::Usage("there is no key " + path +
                         "; known are rules (id, description, regex, "
                         "secretGroup, entropy, keywords, tags, allowlist), "
                         "allowlist (regexes, stopwords), sensitive-names and "
                         "disable");
  }

  Status TakeOfRule(const std::string& whole,
                    const std::vector<std::string>& path,
                    const std::string& value) {
    if (path[1] != number_) {
      number_ = path[1];
      config_.rules.emplace_back();
      config_.rules.back().source = "--detect-config";
      groups_.push_back(0);
    }
    Rule& rule = config_.rules.back();
    const std::string& key = path[2];
    const bool single = path.size() == 3;
    double number = 0;
    if (key == "id" && single) {
      rule.name = value;
    } else if (key == "description" && single) {
      rule.about = value;
    } else if (key == "regex" && single) {
      rule.pattern = value;
    } else if (key == "secretGroup" && single) {
      if (!ToNumber(value, &number) || number < 0 || number > 100) {
        return Status::Usage(whole + " is no number of a group");
      }
      groups_.back() = static_cast<int>(number);
    } else if (key == "entropy" && single) {
      if (!ToNumber(value, &number) || number < 0 || number > 8) {
        return Status::Usage(whole + " is no number from 0 to 8");
      }
      rule.least_entropy = number;
    } else if (key == "allowlist" && path.size() == 5 && path[3] == "regexes") {
      rule.allow.push_back(value);
    } else if (key == "allowlist" && path.size() == 5 &&
               path[3] == "stopwords") {
      rule.stop_words.push_back(value);
    } else if (key != "keywords" && key != "tags") {
      return Unknown(whole);
    }
    return Status::Ok();
  }

  DetectConfig config_;
  std::string number_;
  std::vector<int> groups_;
};

}  // namespace

Result<DetectConfig> DetectConfig::Parse(std::string_view text) {
  Arena arena;
  YamlText yaml;
  const YamlError error = ReadYaml(text, &arena, &yaml);
  if (!error.what.empty()) {
    return Status::Usage("line " + std::to_string(error.line) + ": " +
                         error.what);
  }
  Parser parser;
  for (const YamlLeaf& leaf : yaml.leaves) {
    if (Status s = parser.Take(leaf); !s.ok()) return s;
  }
  return parser.Finish();
}

}  // namespace maskpipe
