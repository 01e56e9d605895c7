#include "src/run/closing.h"

#include <unistd.h>

#include "src/report/log.h"
#include "src/stream/record.h"

namespace maskpipe {

void Count(const LoadReport& report, const CompiledSet* set,
           RunMetrics* metrics) {
  uint64_t failed = 0;
  for (const LoadReport::Source& s : report.sources) {
    const std::string source = set != nullptr ? Masked(*set, s.spec) : s.spec;
    metrics->secrets_by_source[source] += s.secrets;
    failed += !s.status.ok();
  }
  metrics->errors_by_kind["io"] += 0;
  metrics->errors_by_kind["source"] += failed;
  for (const char* result : {"ok", "failed"}) {
    metrics->refreshes_by_result[result] += 0;
  }
}

Status WriteReports(const Options& options, const RunMetrics& metrics) {
  Status status;
  if (!options.metrics_file.empty()) {
    status = WriteMetrics(options.metrics_file,
                          PrometheusText(metrics, options.metrics_names));
    if (!status.ok()) Log::Error("option metrics: " + status.message());
  }
  if (options.stats) {
    const std::string line = StatsLine(metrics) + "\n";
    (void)!::write(STDERR_FILENO, line.data(), line.size());
  }
  return status;
}

}  // namespace maskpipe
