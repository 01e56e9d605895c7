#!/usr/bin/env bash
# The ABI is the one that tests/abi/libmaskpipe.abi describes (libabigail).
#
# usage: abi_test.sh LIBMASKPIPE_SO DESCRIPTION INCLUDE_DIR [--update]
#
# After a change that is meant: raise SOVERSION and MASKPIPE_ABI_VERSION if
# programs built before would break, then run with --update.
set -euo pipefail

library=$1 description=$2 headers=$3
if ! command -v abidiff >/dev/null; then
  echo 'SKIPPED: abidiff is missing (Debian package abigail-tools)'
  exit 77
fi
if [[ ${4:-} == --update ]]; then
  abidw --no-corpus-path --no-comp-dir-path --no-show-locs --no-elf-needed \
        --drop-private-types --exported-interfaces-only --drop-undefined-syms \
        --headers-dir "$headers" --out-file "$description" "$library"
  sed -i "s|path='[^']*/src/|path='src/|" "$description"
fi
abidiff --drop-private-types --headers-dir2 "$headers" "$description" "$library"
echo 'the ABI is as described'
