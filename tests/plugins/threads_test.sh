#!/usr/bin/env bash
# Records from up to 8 threads over one masker: no thread ever waits for another.
# A lock in the way of each record would be seen as calls of futex(2), and as
# more CPU time for a record with 8 threads than with one. What the clock says
# depends on the other processes of the machine, and is not judged.
#
# usage: threads_test.sh MASKPIPE_THREADS
set -euo pipefail

if ! command -v strace >/dev/null; then
  echo 'SKIPPED: strace is missing'
  exit 77
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
strace -f -qq -e trace=futex -o "$work/futex" "$1" 0.5 | tee "$work/said"
waits=$(grep -c 'futex(' "$work/futex" || true)
echo "$waits calls of futex"
# A few for the beginning and end of each of the 15 threads.
((waits < 200)) || { echo 'the threads wait for each other'; exit 1; }
awk '/^8 threads/ { found = 1; gsub(/[(),]/, ""); share = $(NF - 2)
       if (share < 0.5) { print "a record costs " 1 / share " times as much"; exit 1 } }
     END { if (!found) exit 1 }' "$work/said"
