// What a run did, as one line of JSON and as Prometheus text.
//
// Keys: maskpipe_bytes_total{stream}, maskpipe_masks_total{source},
// maskpipe_held_bytes_max, maskpipe_refresh_total{result},
// maskpipe_secrets{source}, maskpipe_errors_total{kind}; masks by name where
// asked for.

#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "src/base/status.h"
#include "src/stream/stream.h"

namespace maskpipe {

struct RunMetrics {
  StreamStats stream;
  std::map<std::string, uint64_t> secrets_by_source;
  std::map<std::string, uint64_t> refreshes_by_result;  // "ok", "failed"
  std::map<std::string, uint64_t> errors_by_kind;       // "source", "io"
};

// Counts of two streams as if they were one; the most withheld is of either.
void Add(const StreamStats& stats, StreamStats* sum);

// Without a line break at its end.
std::string StatsLine(const RunMetrics& metrics);

// The text exposition format, version 0.0.4.
std::string PrometheusText(const RunMetrics& metrics, bool names);

// Through a temporary file beside it and rename(2), so that a reader never
// sees half of it.
Status WriteMetrics(const std::string& path, const std::string& text);

}  // namespace maskpipe
