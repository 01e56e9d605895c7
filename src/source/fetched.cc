// The kinds that maskpipe-fetch reads for us: aws-secretsmanager:PREFIX and
// aws-ssm:PATH, and whatever else src/fetch/source/ lists.

#include <algorithm>
#include <map>
#include <string>

#include "src/source/fetcher.h"
#include "src/source/providers.h"

namespace maskpipe {
namespace {

// The fetcher's word, for our log: one line, and not without end.
std::string OneLine(std::string text) {
  constexpr size_t kLongest = 4096;
  if (text.size() > kLongest) text = text.substr(0, kLongest) + " ...";
  std::replace_if(
      text.begin(), text.end(),
      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; },
      '?');
  return text;
}

// The SPEC with what the command line says besides.
std::string SpecFor(const SourceSpec& spec, const SourceLimits& limits) {
  if (spec.kind != "airflow" && spec.kind != "metastore") return spec.text;
  std::map<std::string, std::string> options = spec.options;
  if (limits.airflow_policy) options.emplace("policy", "airflow");
  if (limits.airflow_commands) options.emplace("commands", "run");
  std::string text;
  for (const auto& [name, value] : options) {
    text += (text.empty() ? "[" : ",") + name + "=" + value;
  }
  return spec.kind + text + (text.empty() ? ":" : "]:") + spec.argument;
}

}  // namespace

Status LoadFetched(const SourceSpec& spec, const SourceLimits& limits,
                   SecretStore* store, std::vector<Warning>* warnings) {
  const auto failed = [&](const Status& status) {
    const std::string message =
        "source " + spec.text + ": " + OneLine(status.message());
    return (status.code() == Code::kUsage ? Status::Usage(message)
                                          : Status::Source(message))
        .WithReason(OneLine(status.reason()));
  };
  Result<std::string> program = FindFetcher();
  if (!program.ok()) return failed(program.status());
  Result<WireAnswer> answer =
      RunFetcher(*program, SpecFor(spec, limits), limits.timeout, store);
  if (!answer.ok()) return failed(answer.status());
  for (Warning& warning : answer->warnings) {
    warnings->emplace_back(
        OneLine(std::move(warning.code)),
        "source " + spec.text + ": " + OneLine(std::move(warning.text)),
        OneLine(std::move(warning.mend)));
  }
  return answer->status.ok() ? Status::Ok() : failed(answer->status);
}

}  // namespace maskpipe
