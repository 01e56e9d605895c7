// Values and names that are never masked, whatever a source says.
//
// A file has one entry a line: a value as it is, or `name:GLOB` for secrets by
// name (fnmatch(3); one of nothing but '*' counts for nothing). Empty lines and
// lines that start with '#' are skipped; `value:TEXT` is for values that look
// like one of these.

#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace maskpipe {

class AllowList {
 public:
  // Starts with the built-in values: words of Airflow's own that everybody's
  // logs are full of, and the literals of JSON, YAML and Python.
  AllowList();

  // Adds the entries of a file's text.
  void Add(std::string_view text);

  bool HasValue(std::string_view value) const;
  bool HasName(const std::string& name) const;

 private:
  std::vector<std::string> values_;  // sorted by Add
  std::vector<std::string> globs_;
};

}  // namespace maskpipe
