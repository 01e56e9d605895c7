// Keeps what a process holds in memory to itself.

#pragma once

#include <sys/resource.h>

namespace maskpipe {

// No core dump, and nobody but root may trace us or read /proc/self/mem
// (PR_SET_DUMPABLE, RLIMIT_CORE). For programs; a library must not do this to
// its host. The hard limit stays with `soft_only`, so that a command which we
// start can have its own back; exec(2) makes it dumpable again.
void ForbidDumps(bool soft_only);

// The limit before ForbidDumps().
rlimit CoreLimitAtStart();

// Clears the registers through which memcpy(3) moves bytes. A new thread begins
// with a copy of them, and a core shows those of a thread that waits.
void WipeRegisters();

// Overwrites what calls that have returned left on the stack, below the
// caller's own frame, as far down as they are likely to have come (128 KiB, or
// half of the stack's limit).
void WipeStack();

}  // namespace maskpipe
