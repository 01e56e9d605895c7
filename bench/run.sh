#!/usr/bin/env bash
# Builds and runs the benchmarks and prints ours beside the rivals.
#
#   bash bench/run.sh [--quick] [--json OUT] [--filter REGEX]
#
# --quick        8 MiB and one repetition instead of 64 MiB and five: shows that
#                all answers are right, and roughly how fast they come
# --json OUT     keeps Google Benchmark's results
# --filter REGEX runs the benchmarks with such names only
#
# BENCH_TEXT_MIB and BENCH_REPETITIONS change the size and the repetitions.
# Ends with 1 where an answer was wrong; a figure never fails it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

build=.build/bench
text_mib=64 repetitions=5 min_time=0.2 filter=. json=

usage() {
  sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' bench/run.sh >&2
  exit 2
}

while (($#)); do
  case $1 in
    --quick) text_mib=8 repetitions=1 min_time=0.01 ;;
    --json) json=${2-}; [[ $json ]] || usage; shift ;;
    --filter) filter=${2-}; [[ $filter ]] || usage; shift ;;
    *) usage ;;
  esac
  shift
done
text_mib=${BENCH_TEXT_MIB-$text_mib}
repetitions=${BENCH_REPETITIONS-$repetitions}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# What the build says matters only where it fails.
if ! { cmake -S . -B "$build" -G Ninja -C .cmake/release.cmake \
         -DMASKPIPE_BUILD_BENCH=ON &&
       cmake --build "$build" --target maskpipe_bench; } \
     >"$scratch/build.log" 2>&1; then
  cat "$scratch/build.log" >&2
  exit 1
fi

status=0
"$build/bench/maskpipe_bench" --text-mib="$text_mib" \
  --benchmark_filter="$filter" \
  --benchmark_repetitions="$repetitions" --benchmark_min_time="$min_time" \
  --benchmark_out="$scratch/results.json" --benchmark_out_format=json \
  >"$scratch/run.log" 2>&1 || status=$?
if ((status)); then
  grep -E 'ERROR|maskpipe_bench:|No match' "$scratch/run.log" >&2 || true
fi

# A run that broke off leaves no whole JSON, and has told why.
if python3 -c 'import json, sys; json.load(open(sys.argv[1]))' \
     "$scratch/results.json" 2>/dev/null; then
  if [[ $json ]]; then cp "$scratch/results.json" "$json"; fi
  python3 bench/table.py "$scratch/results.json" || status=1
else
  tail -n 5 "$scratch/run.log" >&2
  status=1
fi
exit "$status"
