// What a run tells when it is over: --stats and --metrics.

#pragma once

#include "src/base/status.h"
#include "src/options/options.h"
#include "src/report/metrics.h"
#include "src/setup/setup.h"

namespace maskpipe {

// Adds the secrets and the failures of a report; `set`, which may be null,
// masks the sources' names.
void Count(const LoadReport& report, const CompiledSet* set,
           RunMetrics* metrics);

// Logs what fails, and returns it.
Status WriteReports(const Options& options, const RunMetrics& metrics);

}  // namespace maskpipe
