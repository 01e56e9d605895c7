#include "src/fetch/source/providers.h"

namespace maskpipe {

std::span<const FetchKind> FetchKinds() { return {}; }

}  // namespace maskpipe
