#!/usr/bin/env bash
# The library exports exactly the functions that its header names.
#
# usage: exports_test.sh LIBMASKPIPE_SO MASKPIPE_H
set -euo pipefail

exported=$(nm -D --defined-only "$1" | awk '$2 != "A" {print $3}' |
           sed 's/@.*//' | sort)
named=$(grep -oE 'maskpipe_[a-z_]+\(' "$2" | tr -d '(' | sort -u)
diff <(echo "$named") <(echo "$exported")
echo "$(wc -l <<<"$exported") functions, as the header says"
