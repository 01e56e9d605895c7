// Keeps what a process holds in memory to itself.

#pragma once

namespace maskpipe {

// No core dump, and nobody but root may trace us or read /proc/self/mem
// (PR_SET_DUMPABLE, RLIMIT_CORE). For programs; a library must not do this to
// its host.
void ForbidDumps();

}  // namespace maskpipe
