// Needles as the compiled set of a stream.

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "bench/job.h"
#include "src/stream/compiled_set.h"

namespace maskpipe::bench {

// Every needle is a secret, whatever it looks like, and its mask is kMask. The
// last set of each kind is kept. Throws std::runtime_error where it does not
// compile.
std::shared_ptr<const CompiledSet> MaskedSet(
    const NeedleSet& key, const std::vector<std::string>& needles,
    Looked looked = Looked::kEverything);

// The same, compiled anew.
std::shared_ptr<const CompiledSet> CompileSet(
    const std::vector<std::string>& needles, Looked looked);

}  // namespace maskpipe::bench
