#include "src/fetch/aws/ini.h"

#include <cstdint>
#include <optional>
#include <set>
#include <utility>

#include "src/fetch/aws/file.h"

namespace maskpipe::aws {
namespace {

struct Point {
  char32_t code = 0;
  size_t bytes = 0;  // 0: no valid UTF-8 (RFC 3629)
};

Point PointAt(std::string_view text, size_t i) {
  const auto byte = [&](size_t at) {
    return at < text.size() ? static_cast<uint8_t>(text[at]) : uint8_t{0};
  };
  const uint8_t first = byte(i);
  if (first < 0x80) return {first, 1};
  size_t bytes = 0;
  char32_t code = 0;
  if (first >= 0xc2 && first <= 0xdf) {
    bytes = 2, code = first & 0x1f;
  } else if (first >= 0xe0 && first <= 0xef) {
    bytes = 3, code = first & 0x0f;
  } else if (first >= 0xf0 && first <= 0xf4) {
    bytes = 4, code = first & 0x07;
  } else {
    return {};
  }
  for (size_t k = 1; k < bytes; ++k) {
    if ((byte(i + k) & 0xc0) != 0x80) return {};
    code = (code << 6) | (byte(i + k) & 0x3f);
  }
  if (bytes == 3 && (code < 0x800 || (code >= 0xd800 && code <= 0xdfff))) {
    return {};
  }
  if (bytes == 4 && (code < 0x10000 || code > 0x10ffff)) return {};
  return {code, bytes};
}

// What str.isspace() and \s take for white space.
bool IsSpace(char32_t c) {
  return (c >= 9 && c <= 13) || (c >= 0x1c && c <= 0x20) || c == 0x85 ||
         c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) ||
         c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f ||
         c == 0x3000;
}

// Where str.splitlines() cuts.
bool IsLineEnd(char32_t c) {
  return (c >= 10 && c <= 13) || (c >= 0x1c && c <= 0x1e) || c == 0x85 ||
         c == 0x2028 || c == 0x2029;
}

// str.rstrip() and str.strip() of valid UTF-8.
std::string_view StripEnd(std::string_view text) {
  size_t end = 0;  // behind the last character that is no white space
  for (size_t i = 0; i < text.size();) {
    const Point p = PointAt(text, i);
    i += p.bytes;
    if (!IsSpace(p.code)) end = i;
  }
  return text.substr(0, end);
}

std::string_view Strip(std::string_view text) {
  while (!text.empty()) {
    const Point p = PointAt(text, 0);
    if (!IsSpace(p.code)) break;
    text.remove_prefix(p.bytes);
  }
  return StripEnd(text);
}

// Characters of white space in front.
size_t IndentOf(std::string_view line) {
  size_t indent = 0;
  for (size_t i = 0; i < line.size(); ++indent) {
    const Point p = PointAt(line, i);
    if (!IsSpace(p.code)) break;
    i += p.bytes;
  }
  return indent;
}

std::string Lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

// The header within "[…]", up to the last bracket.
std::optional<std::string_view> HeaderOf(std::string_view line) {
  if (!line.starts_with('[')) return std::nullopt;
  const size_t close = line.rfind(']');
  if (close == line.npos || close < 2) return std::nullopt;
  return line.substr(1, close - 1);
}

// Reads line by line, as RawConfigParser._read does.
class IniReader {
 public:
  IniReader(const std::string& path, bool nesting, bool keep_case)
      : path_(path), nesting_(nesting), keep_case_(keep_case) {}

  Result<IniFile> Read(std::string_view text) {
    if (Status s = CheckEncoding(text); !s.ok()) return s;
    while (!text.empty()) {
      ++line_;
      const size_t end = text.find_first_of("\r\n");
      if (Status s = ReadLine(text.substr(0, end)); !s.ok()) return s;
      if (end == text.npos) break;
      text.remove_prefix(text.substr(end).starts_with("\r\n") ? end + 2
                                                              : end + 1);
    }
    EndValue();
    for (const std::string& name : file_.order) {
      IniSection& section = file_.sections[name];
      Values values = defaults_;
      for (auto& [key, value] : sections_[name]) values[key] = std::move(value);
      for (auto& [key, value] : values) {
        IniValue read;
        read.text = std::move(value.text);
        if (nesting_ && read.text.starts_with('\n')) {
          line_ = value.line;
          if (Status s = Nest(&read); !s.ok()) return s;
        }
        section.values[key] = std::move(read);
      }
    }
    return std::move(file_);
  }

 private:
  struct Value {
    std::string text;
    size_t line;
  };
  using Values = std::map<std::string, Value, std::less<>>;

  Status Wrong(const std::string& what) const {
    return Status::Source(path_ + ", line " + std::to_string(line_) + ": " +
                          what);
  }

  Status CheckEncoding(std::string_view text) {
    line_ = 1;
    for (size_t i = 0; i < text.size();) {
      const Point p = PointAt(text, i);
      if (p.bytes == 0) return Wrong("no valid UTF-8; save the file as UTF-8");
      if (p.code == '\n') ++line_;
      if (i == 0 && p.code == 0xfeff) {
        return Wrong(
            "the file begins with a byte order mark, which Airflow and the AWS "
            "tools do not read either; save it as UTF-8 without one");
      }
      i += p.bytes;
    }
    line_ = 0;
    return Status::Ok();
  }

  Status ReadLine(std::string_view line) {
    const std::string_view text = Strip(line);
    if (text.starts_with('#') || text.starts_with(';')) return Status::Ok();
    if (text.empty()) {
      if (in_value_) value_ += '\n';
      return Status::Ok();
    }
    const size_t indent = IndentOf(line);
    if (in_value_ && indent > indent_) {
      value_ += '\n';
      value_ += text;
      return Status::Ok();
    }
    indent_ = indent;
    EndValue();
    if (const auto header = HeaderOf(text)) return BeginSection(*header);
    if (section_ == nullptr) {
      return Wrong("a key before the first [section]");
    }
    return BeginValue(text);
  }

  Status BeginSection(std::string_view header) {
    section_name_ = header;
    if (header == "DEFAULT") {
      section_ = &defaults_;
      return Status::Ok();
    }
    const auto [at, is_new] = sections_.try_emplace(section_name_);
    if (!is_new) return Wrong("this section stands twice; join them");
    file_.order.push_back(section_name_);
    section_ = &at->second;
    return Status::Ok();
  }

  Status BeginValue(std::string_view text) {
    const size_t delimiter = text.find_first_of("=:");
    if (delimiter == text.npos) {
      return Wrong("neither a [section] nor \"key = value\"");
    }
    key_ = StripEnd(text.substr(0, delimiter));
    if (!keep_case_) key_ = Lower(key_);
    if (key_.empty()) return Wrong("no key before the '='");
    if (!seen_.emplace(section_name_, key_).second) {
      return Wrong("this key stands twice in its section; remove one");
    }
    value_ = Strip(text.substr(delimiter + 1));
    value_line_ = line_;
    in_value_ = true;
    return Status::Ok();
  }

  void EndValue() {
    if (!in_value_) return;
    in_value_ = false;
    (*section_)[key_] = {std::string(StripEnd(value_)), value_line_};
  }

  // Indented "key = value" lines below a key (configloader._parse_nested).
  Status Nest(IniValue* value) {
    value->is_nested = true;
    std::string_view rest = value->text;
    while (!rest.empty()) {
      size_t end = 0, next = 0;
      for (; end < rest.size(); end = next) {
        const Point p = PointAt(rest, end);
        next = end + p.bytes;
        if (IsLineEnd(p.code)) break;
      }
      const std::string_view line = Strip(rest.substr(0, end));
      rest.remove_prefix(next);
      if (line.empty()) continue;
      const size_t equals = line.find('=');
      if (equals == line.npos) {
        return Wrong("an indented line below it is no \"key = value\"");
      }
      value->nested[std::string(Strip(line.substr(0, equals)))] =
          Strip(line.substr(equals + 1));
    }
    value->text.clear();
    return Status::Ok();
  }

  const std::string& path_;
  const bool nesting_;
  const bool keep_case_;
  IniFile file_;
  // Sections as they stand; nesting shows where a key of [DEFAULT] is used.
  std::map<std::string, Values, std::less<>> sections_;
  Values defaults_;
  Values* section_ = nullptr;
  std::string section_name_;
  std::set<std::pair<std::string, std::string>> seen_;
  size_t line_ = 0;
  size_t indent_ = 0;
  // The value that indented lines may still continue.
  bool in_value_ = false;
  std::string key_, value_;
  size_t value_line_ = 0;
};

}  // namespace

const IniValue* IniSection::Find(std::string_view key) const {
  const auto at = values.find(key);
  return at == values.end() ? nullptr : &at->second;
}

const std::string* IniSection::Text(std::string_view key) const {
  const IniValue* value = Find(key);
  return value == nullptr || value->is_nested ? nullptr : &value->text;
}

void IniSection::Update(const IniSection& other) {
  for (const auto& [key, value] : other.values) values[key] = value;
}

Result<IniFile> ParseIni(std::string_view text, const std::string& path,
                         bool nesting, bool keep_case) {
  return IniReader(path, nesting, keep_case).Read(text);
}

Result<IniFile> LoadIni(const std::string& path, bool nesting, bool keep_case) {
  Result<std::optional<SecretString>> file = ReadFile(path);
  if (!file.ok()) return file.status();
  if (!file->has_value()) return IniFile();
  return ParseIni((*file)->view(), path, nesting, keep_case);
}

}  // namespace maskpipe::aws
