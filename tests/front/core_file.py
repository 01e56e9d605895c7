"""Cores of processes, taken by root as gdb takes them, and what is left in them.

    core = core_of(test, pid)
    left = [p for p in pieces(marker) if p in core]
"""

import os
import shutil
import subprocess

SECONDS = 60  # until gdb is given up


def need_root_and_gdb(test):
    """Skips the test where it cannot be done."""
    if os.geteuid() != 0:
        test.skipTest("SKIPPED: only root may take a core of maskpipe")
    if shutil.which("gdb") is None:
        test.skipTest("SKIPPED: gdb is not installed")


def pieces(marker, size=12, most=30):
    """Runs of a marker's bytes: freed memory lacks its first ones."""
    marker = marker.encode()
    step = max(1, len(marker) // most)
    return [marker[i:i + size]
            for i in range(0, len(marker) - size + 1, step)]


def core_of(test, pid):
    """The bytes of a core, without its pages of zeros, which take long to
    search: stacks and heaps are mostly that."""
    path = test.path("core.%d" % pid)
    done = subprocess.run(
        ["gdb", "-nx", "-batch", "--readnever", "-p", str(pid), "-ex",
         "set dump-excluded-mappings off", "-ex", "gcore " + path],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=SECONDS)
    if not os.path.exists(path):
        test.skipTest("SKIPPED: gdb could not take a core: %r" %
                      done.stdout[-300:])
    page, zeros = 4096, bytes(4096)
    with open(path, "rb") as f:
        core = b"".join(p for p in iter(lambda: f.read(page), b"")
                        if p != zeros)
    os.remove(path)
    return core
