#!/usr/bin/env bash
# Load, mask, swap, unload, a thousand times: the process does not grow, and
# valgrind finds no error and nothing that is lost.
#
# usage: reload_test.sh RELOAD LIBMASKPIPE_SO [TIMES_UNDER_VALGRIND]
set -euo pipefail

"$1" "$2" 1000
if ! command -v valgrind >/dev/null; then
  echo 'SKIPPED: valgrind is missing'
  exit 77
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# valgrind reads all symbols each time that a file is mapped: without debugging
# information, and with what the library needs loaded throughout, that is quick.
strip -o "$work/libmaskpipe.so.0" "$2"
needed=$(ldd "$2" | awk '$2 == "=>" && $1 !~ /^libc\.so/ {printf "%s ", $3}')
log=$work/log
result=0
LD_PRELOAD=$needed valgrind --leak-check=full \
  --show-leak-kinds=definite,indirect,possible \
  --errors-for-leak-kinds=definite,indirect,possible --error-exitcode=9 \
  --suppressions="$(dirname "$0")/valgrind.supp" \
  --log-file="$log" "$1" "$work/libmaskpipe.so.0" "${3:-1000}" valgrind || result=$?
tail -n 20 "$log"
((result == 0)) || { head -n 80 "$log"; exit 1; }
grep -q 'ERROR SUMMARY: 0 errors' "$log"
