// maskpipe detectors: which credentials can be recognized by their format, and
// which of them are looked for.

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <set>

#include "src/front/front.h"
#include "src/report/json_text.h"
#include "src/report/log.h"

namespace maskpipe {
namespace {

// Rules of one name are one detector.
struct Row {
  std::string name, about, source;
  std::vector<std::string> patterns;
  bool on = false;
};

std::vector<Row> Rows(const std::vector<Rule>& rules,
                      const std::set<std::string>& on) {
  std::vector<Row> rows;
  for (const Rule& rule : rules) {
    auto at = std::find_if(rows.begin(), rows.end(),
                           [&](const Row& r) { return r.name == rule.name; });
    if (at == rows.end()) {
      rows.push_back({rule.name, rule.about, rule.source, {}, false});
      at = rows.end() - 1;
    }
    at->patterns.push_back(rule.pattern);
    at->on = on.contains(rule.name);
  }
  return rows;
}

void PrintText(const std::vector<Row>& rows) {
  size_t width = 4;
  for (const Row& r : rows) width = std::max(width, r.name.size());
  std::printf("%-*s  %-3s  %s\n", static_cast<int>(width), "NAME", "ON",
              "WHAT, AND WHERE ITS FORMAT IS DESCRIBED");
  for (const Row& r : rows) {
    std::printf("%-*s  %-3s  %s%s%s\n", static_cast<int>(width), r.name.c_str(),
                r.on ? "on" : "-", r.about.c_str(), r.about.empty() ? "" : "  ",
                r.source.c_str());
  }
}

void PrintJson(const std::vector<Row>& rows) {
  std::printf("{\"detectors\":[");
  for (size_t i = 0; i < rows.size(); ++i) {
    const Row& r = rows[i];
    std::printf(
        "%s{\"name\":\"%s\",\"on\":%s,\"about\":\"%s\",\"source\":\"%s\","
        "\"patterns\":[",
        i == 0 ? "" : ",", JsonEscaped(r.name).c_str(), r.on ? "true" : "false",
        JsonEscaped(r.about).c_str(), JsonEscaped(r.source).c_str());
    for (size_t k = 0; k < r.patterns.size(); ++k) {
      std::printf("%s\"%s\"", k == 0 ? "" : ",",
                  JsonEscaped(r.patterns[k]).c_str());
    }
    std::printf("]}");
  }
  std::printf("]}\n");
}

}  // namespace

int RunDetectors(const CommandLine& line) {
  const Options& options = line.options;
  if (!line.operands.empty()) {
    Log::Error("detectors takes no file");
    return kExitUsage;
  }
  const Result<std::vector<Rule>> all = DetectorRules(options, true);
  const Result<std::vector<Rule>> chosen = DetectorRules(options, false);
  for (const auto* rules : {&all, &chosen}) {
    Status s = rules->status();
    if (s.ok()) s = Detectors::Compile(**rules).status();
    if (!s.ok()) {
      Log::Error(s.message());
      return ExitStatusOf(s);
    }
  }
  std::set<std::string> on;
  for (const Rule& rule : *chosen) on.insert(rule.name);
  const std::vector<Row> rows = Rows(*all, on);
  if (options.json_table) {
    PrintJson(rows);
  } else {
    PrintText(rows);
  }
  if (std::fflush(stdout) != 0) {
    Log::Error(std::string("standard output: ") + std::strerror(errno));
    return kExitIo;
  }
  return kExitOk;
}

}  // namespace maskpipe
