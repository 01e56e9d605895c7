// INI text as Python's configparser.RawConfigParser reads it with its default
// settings, and what botocore makes of indented lines.
//
//   Result<IniFile> file = ParseIni(text, "~/.aws/config");
//
// Keys are lower-cased unless told otherwise; '=' or ':' ends a key; whole-line
// comments begin with
// '#' or ';' (what stands behind a value belongs to it: a secret may hold
// either); indented lines continue a value; [DEFAULT] gives every section its
// keys; a section or key that stands twice is an error.

#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/status.h"

namespace maskpipe::aws {

struct IniValue {
  std::string text;
  // Of a value that begins with a line break: "key = value" lines, one level
  // deep. Keys keep their case.
  std::map<std::string, std::string, std::less<>> nested;
  bool is_nested = false;
};

class IniSection {
 public:
  // Null where there is no such key.
  const IniValue* Find(std::string_view key) const;
  // The text of a value; null where there is none or it is nested.
  const std::string* Text(std::string_view key) const;
  bool Has(std::string_view key) const { return Find(key) != nullptr; }

  // Takes over all keys of the other section.
  void Update(const IniSection& other);

  std::map<std::string, IniValue, std::less<>> values;
};

struct IniFile {
  std::map<std::string, IniSection, std::less<>> sections;
  std::vector<std::string> order;  // of the sections, as they stand
};

// `nesting`: botocore's reading of indented lines; otherwise a value keeps its
// line breaks. `keep_case`: of keys, as Airflow reads its configuration. A
// message names `path` and the line, never what stands there.
Result<IniFile> ParseIni(std::string_view text, const std::string& path,
                         bool nesting = true, bool keep_case = false);

// A file that does not exist is an empty one.
Result<IniFile> LoadIni(const std::string& path, bool nesting = true,
                        bool keep_case = false);

}  // namespace maskpipe::aws
