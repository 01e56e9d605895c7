// maskpipe check: what would be masked, from where, and what needs mending.
// --against LOG counts how often, in a sample. Never a value.

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <set>

#include "src/front/front.h"
#include "src/match/kernel.h"
#include "src/report/json_text.h"
#include "src/report/log.h"
#include "src/source/secret_file.h"
#include "src/stream/record.h"
#include "src/stream/stream.h"

namespace maskpipe {
namespace {

const char* Word(Verdict v) {
  switch (v) {
    case Verdict::kMasked:
      return "masked";
    case Verdict::kAlone:
      return "masked where alone";
    case Verdict::kHarmless:
      return "harmless";
    case Verdict::kAllowed:
      return "allowed";
    case Verdict::kTooShort:
      return "too short";
    case Verdict::kSkipped:
      return "short, skipped";
    case Verdict::kOneSymbol:
      return "one symbol";
    case Verdict::kEmpty:
      break;
  }
  return "empty";
}

const char* Word(LeafKind k) {
  switch (k) {
    case LeafKind::kWhole:
      return "value";
    case LeafKind::kPart:
      return "part";
    case LeafKind::kLine:
      break;
  }
  return "line";
}

// A value of which a reader of the log would wonder why it is not masked.
bool NeedsMending(const Finding& f) {
  switch (f.verdict) {
    case Verdict::kTooShort:
    case Verdict::kSkipped:
    case Verdict::kAlone:
    case Verdict::kOneSymbol:
      return true;
    case Verdict::kEmpty:
      return f.kind == LeafKind::kWhole;
    case Verdict::kMasked:
    case Verdict::kHarmless:
    case Verdict::kAllowed:
      break;
  }
  return false;
}

// What is wrong with values, by verdict.
struct ValueFinding {
  Verdict verdict;
  const char* code;
  const char* text;
  const char* mend;
};

constexpr ValueFinding kValueFindings[] = {
    {Verdict::kTooShort, "short-secret",
     "too short to mask, one or two characters would blank the log: ",
     "make it longer; --short-secrets=anywhere masks it all the same"},
    {Verdict::kAlone, "short-secret",
     "too short to mask safely, masked only where no letter or digit stands "
     "beside: ",
     "make it longer, or lower --min-length"},
    {Verdict::kSkipped, "short-secret",
     "too short, and so not masked: ", "make it longer, or lower --min-length"},
    {Verdict::kOneSymbol, "one-symbol",
     "one symbol over and over, and so not masked: ", "choose another"},
    {Verdict::kEmpty, "empty", "empty, nothing to mask: ", ""},
};

// How to mend what made a source fail, by Status::reason(), where the message
// cannot know it.
struct Remedy {
  std::string_view reason;
  const char* mend;
};

constexpr Remedy kRemedies[] = {
    {"denied",
     "allow the role secretsmanager:ListSecrets, "
     "secretsmanager:BatchGetSecretValue, secretsmanager:GetSecretValue and "
     "kms:Decrypt (of Parameter Store: ssm:GetParametersByPath, "
     "ssm:GetParameters, ssm:GetParameter), or tell the names by [names=A;B]"},
    {"no-region",
     "set region_name in the backend's arguments, or AWS_DEFAULT_REGION"},
    {"sso-expired", "run aws sso login"},
};

std::string RemedyOf(std::string_view reason) {
  for (const Remedy& remedy : kRemedies) {
    if (remedy.reason == reason) return remedy.mend;
  }
  return "";
}

// As a message is printed: masked, and without what would drive a terminal.
std::vector<Warning> Printable(std::vector<Warning> findings,
                               const CompiledSet* set) {
  for (Warning& finding : findings) {
    for (std::string* text : {&finding.text, &finding.mend}) {
      if (set != nullptr) *text = Masked(*set, *text);
      std::replace_if(
          text->begin(), text->end(),
          [](char c) {
            return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
          },
          '?');
    }
  }
  return findings;
}

// All that needs mending: what the sources were warned about, why they failed,
// and values that cannot be masked well.
std::vector<Warning> Findings(const LoadReport& report,
                              const CompiledSet* set) {
  std::vector<Warning> findings;
  for (const LoadReport::Source& s : report.sources) {
    findings.insert(findings.end(), s.warnings.begin(), s.warnings.end());
    if (s.status.ok()) continue;
    findings.emplace_back(
        s.status.reason().empty() ? "source-failed" : s.status.reason(),
        s.status.message(), RemedyOf(s.status.reason()));
  }
  if (set == nullptr) return Printable(std::move(findings), nullptr);
  for (const ValueFinding& kind : kValueFindings) {
    std::set<std::string> names;
    for (const Finding& f : set->findings()) {
      if (f.verdict == kind.verdict && NeedsMending(f)) names.insert(f.name);
    }
    std::string text;
    for (const std::string& name : names) {
      text += (text.empty() ? kind.text : ", ") + name;
    }
    if (!text.empty()) findings.emplace_back(kind.code, text, kind.mend);
  }
  return Printable(std::move(findings), set);
}

// Rows of the same name, kind and verdict are one, with a count.
struct Row {
  std::string name, source, place;
  LeafKind kind;
  Verdict verdict;
  size_t needles = 0;
  uint64_t masks = 0;
};

std::vector<Row> Rows(const CompiledSet& set, const SecretStore& store) {
  std::vector<Row> rows;
  for (const Finding& f : set.findings()) {
    const std::string& place = store.secrets()[f.secret].place;
    const auto same = [&](const Row& r) {
      return r.name == f.name && r.kind == f.kind && r.verdict == f.verdict &&
             r.source == set.sources()[f.source] && r.place == place;
    };
    // Findings of one secret are neighbours.
    const size_t look_back = std::min<size_t>(rows.size(), 8);
    const auto at = std::find_if(
        rows.end() - static_cast<std::ptrdiff_t>(look_back), rows.end(), same);
    if (at != rows.end()) {
      ++at->needles;
    } else {
      rows.push_back(
          {f.name, set.sources()[f.source], place, f.kind, f.verdict, 1, 0});
    }
  }
  return rows;
}

// Drops what it is given: check counts masks and prints none.
class NoSink : public Sink {
 public:
  Status Write(std::span<const std::string_view>) override {
    return Status::Ok();
  }
};

struct Sample {
  uint64_t lines = 0;
  StreamStats stats;
};

Result<Sample> ReadSample(const std::string& path,
                          std::shared_ptr<const CompiledSet> set) {
  Result<Fd> fd = OpenForReading(path);
  if (!fd.ok())
    return Status::Usage("option against: " + fd.status().message());
  NoSink sink;
  Stream stream(std::move(set), &sink);
  Sample sample;
  constexpr size_t kReadSize = size_t{256} << 10;
  for (;;) {
    char* room = stream.Prepare(kReadSize);
    const ssize_t n = ::read(fd->get(), room, kReadSize);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      return Status::Usage("option against: " + path + ": " +
                           std::strerror(errno));
    }
    if (n == 0) break;
    sample.lines += static_cast<uint64_t>(std::count(room, room + n, '\n'));
    if (Status s = stream.Commit(static_cast<size_t>(n)); !s.ok()) return s;
  }
  if (Status s = stream.Finish(); !s.ok()) return s;
  sample.stats = stream.stats();
  return sample;
}

// Masks are counted by source and name: they go to the first masked row of it.
void CountMasks(const StreamStats& stats, std::vector<Row>* rows) {
  StreamStats::Masks left = stats.masks_by_name;
  for (Row& row : *rows) {
    if (!IsMasked(row.verdict)) continue;
    const auto at = left.find({row.source, row.name});
    if (at == left.end()) continue;
    row.masks = at->second;
    left.erase(at);
  }
}

// Masked on more than one line of a hundred, and not just in a tiny sample.
bool OverMasked(uint64_t masks, uint64_t lines) {
  return masks >= 10 && masks * 100 > lines;
}

// The source, and where in it: "airflow: (metastore)".
std::string SourceOf(const Row& row) {
  return row.place.empty() ? row.source : row.source + " (" + row.place + ")";
}

void PrintTable(const std::vector<Row>& rows, bool counted) {
  size_t name_width = 4, source_width = 6;
  for (const Row& r : rows) {
    name_width = std::max(name_width, r.name.size());
    source_width = std::max(source_width, SourceOf(r).size());
  }
  const auto print = [&](const char* name, const char* source, const char* kind,
                         const char* needles, const char* verdict,
                         const char* masks) {
    std::printf("%-*s  %-*s  %-5s  %7s  %-18s%s%s\n",
                static_cast<int>(name_width), name,
                static_cast<int>(source_width), source, kind, needles, verdict,
                counted ? "  " : "", masks);
  };
  print("NAME", "SOURCE", "KIND", "VALUES", "STATE", counted ? "MASKS" : "");
  for (const Row& r : rows) {
    print(
        r.name.c_str(), SourceOf(r).c_str(), Word(r.kind),
        std::to_string(r.needles).c_str(), Word(r.verdict),
        counted && IsMasked(r.verdict) ? std::to_string(r.masks).c_str() : "");
  }
}

void PrintJson(const std::vector<Row>& rows, bool counted, uint64_t lines,
               const std::vector<std::string>& concerns,
               const std::vector<Warning>& findings) {
  std::printf("{\"secrets\":[");
  for (size_t i = 0; i < rows.size(); ++i) {
    const Row& r = rows[i];
    std::printf(
        "%s{\"name\":\"%s\",\"source\":\"%s\",\"kind\":\"%s\","
        "\"values\":%zu,\"state\":\"%s\"",
        i == 0 ? "" : ",", JsonEscaped(r.name).c_str(),
        JsonEscaped(r.source).c_str(), Word(r.kind), r.needles,
        Word(r.verdict));
    if (!r.place.empty()) {
      std::printf(",\"place\":\"%s\"", JsonEscaped(r.place).c_str());
    }
    if (counted && IsMasked(r.verdict)) {
      std::printf(",\"masks\":%llu,\"over_masked\":%s",
                  static_cast<unsigned long long>(r.masks),
                  OverMasked(r.masks, lines) ? "true" : "false");
    }
    std::printf("}");
  }
  std::printf("],\"concerns\":[");
  for (size_t i = 0; i < concerns.size(); ++i) {
    std::printf("%s\"%s\"", i == 0 ? "" : ",",
                JsonEscaped(concerns[i]).c_str());
  }
  std::printf("],\"findings\":[");
  for (size_t i = 0; i < findings.size(); ++i) {
    std::printf("%s{\"code\":\"%s\",\"text\":\"%s\",\"mend\":\"%s\"}",
                i == 0 ? "" : ",", JsonEscaped(findings[i].code).c_str(),
                JsonEscaped(findings[i].text).c_str(),
                JsonEscaped(findings[i].mend).c_str());
  }
  const Arena::Usage memory = Arena::usage();
  std::printf(
      "],\"kernel\":\"%s\",\"memory\":{\"bytes\":%zu,\"locked\":%zu}}\n",
      ChosenKernel()->name, memory.mapped, memory.locked);
}

void PrintFindings(const std::vector<Warning>& findings) {
  if (findings.empty()) return;
  size_t width = 4;
  for (const Warning& f : findings) width = std::max(width, f.code.size());
  std::printf("\n%-*s  NEEDS MENDING\n", static_cast<int>(width), "CODE");
  for (const Warning& f : findings) {
    std::printf("%-*s  %s\n", static_cast<int>(width), f.code.c_str(),
                f.text.c_str());
    if (f.mend.empty()) continue;
    std::printf("%-*s  -> %s\n", static_cast<int>(width), "", f.mend.c_str());
  }
}

void PrintText(const Secrets& secrets, const std::vector<Row>& rows,
               bool counted, uint64_t lines,
               const std::vector<std::string>& concerns,
               const std::vector<Warning>& findings) {
  PrintTable(rows, counted);
  size_t loaded = 0;
  for (const LoadReport::Source& s : secrets.report.sources) {
    loaded += s.secrets;
  }
  const Arena::Usage memory = Arena::usage();
  std::printf(
      "\n%zu secrets from %zu sources; %zu KiB of protected memory, "
      "%zu KiB of it locked%s; kernel %s\n",
      loaded, secrets.report.sources.size(), memory.mapped >> 10,
      memory.locked >> 10,
      memory.locked < memory.mapped ? " (RLIMIT_MEMLOCK allows no more)" : "",
      ChosenKernel()->name);
  for (const std::string& c : concerns) std::printf("note: %s\n", c.c_str());
  PrintFindings(findings);
  bool first = true;
  for (const Row& r : rows) {
    if (!counted || !OverMasked(r.masks, lines)) continue;
    if (first) {
      std::printf(
          "\nMasked on more than one line of a hundred. If these are "
          "no secrets, put into a file for --allow:\n");
    }
    first = false;
    // A name that is printed hidden or cut off would allow others with it.
    if (r.name == kHiddenName || r.name.size() >= kLongestName) {
      std::printf("# %s: no name to print, allow it by its value\n",
                  r.name.c_str());
    } else {
      std::printf("name:%s\n", r.name.c_str());
    }
  }
}

bool AnyNeedsMending(const Secrets& secrets, const std::vector<Row>& rows,
                     uint64_t lines) {
  bool mend = !secrets.report.status().ok();
  for (const LoadReport::Source& s : secrets.report.sources) {
    mend |= !s.warnings.empty();
  }
  for (const Finding& f : secrets.set->findings()) mend |= NeedsMending(f);
  for (const Row& r : rows) mend |= OverMasked(r.masks, lines);
  return mend;
}

}  // namespace

// 1 load, 2 count in the sample, 3 print what there is.
int RunCheck(const CommandLine& line) {
  const Options& options = line.options;
  if (!line.operands.empty()) {
    Log::Error("check takes no file; --against LOG names a sample");
    return kExitUsage;
  }
  Log::ErrorsOnly();
  const Secrets secrets = LoadSecrets(options);  // 1
  const std::vector<Warning> findings =
      Findings(secrets.report, secrets.set.get());
  if (secrets.set == nullptr && secrets.exit_status != kExitSource) {
    return secrets.exit_status;
  }
  if (secrets.set == nullptr) {
    if (options.json_table) {
      PrintJson({}, false, 0, {}, findings);
    } else {
      PrintFindings(findings);
    }
    (void)std::fflush(stdout);
    return secrets.exit_status;
  }
  std::vector<Row> rows = Rows(*secrets.set, secrets.store);

  const bool counted = !options.against.empty();
  Sample sample;
  if (counted) {  // 2
    Result<Sample> read = ReadSample(options.against, secrets.set);
    if (!read.ok()) {
      Log::Error(read.status().message());
      return ExitStatusOf(read.status());
    }
    sample = std::move(*read);
    CountMasks(sample.stats, &rows);
  }

  const std::vector<std::string> concerns = Concerns(*secrets.set);  // 3
  if (options.json_table) {
    PrintJson(rows, counted, sample.lines, concerns, findings);
  } else {
    PrintText(secrets, rows, counted, sample.lines, concerns, findings);
  }
  if (std::fflush(stdout) != 0) {
    Log::Error(std::string("standard output: ") + std::strerror(errno));
    return kExitIo;
  }
  return AnyNeedsMending(secrets, rows, sample.lines) ? 1 : kExitOk;
}

}  // namespace maskpipe
