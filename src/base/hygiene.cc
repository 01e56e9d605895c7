#include "src/base/hygiene.h"

#include <sys/prctl.h>
#include <sys/resource.h>

namespace maskpipe {

void ForbidDumps() {
  (void)::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  const rlimit none{0, 0};
  (void)::setrlimit(RLIMIT_CORE, &none);
}

}  // namespace maskpipe
