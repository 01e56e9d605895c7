#!/usr/bin/env bash
# Builds and runs the benchmarks and prints ours beside the rivals.
#
#   bash bench/run.sh [--quick] [--json OUT] [--against BASE] [--filter REGEX]
#
# --quick        1 MiB and one repetition instead of 64 MiB and five, and short
#                pipes: shows that all answers are right, and little more
# --json OUT     keeps all figures and ratios, with their spread, the processor,
#                the kernel in use and the revision
# --against BASE compares with what an earlier run kept
# --filter REGEX runs the matching benchmarks with such names, and no programs
#
# A whole run takes most of an hour and draws bench/plots/. BENCH_TEXT_MIB,
# BENCH_REPETITIONS, BENCH_PIPE_MIB and BENCH_ROUNDS change the text, the
# repetitions, the two sizes of what goes through a pipe and how often.
# Rivals come from Debian: libvectorscan-dev; librust-aho-corasick-dev and
# cargo; golang-go; ripgrep; perl; sed. What is missing is named and left out.
# Ends with 1 where an answer was wrong; a figure never fails it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

build=.build/bench crates=/usr/share/cargo/registry
text_mib=64 repetitions=5 min_time=0.2 filter=. json= against=
pipe_mib=256,1024 rounds=9 lines=2000 plots=bench/plots

usage() {
  sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' bench/run.sh >&2
  exit 2
}

while (($#)); do
  case $1 in
    --quick)
      text_mib=1 repetitions=1 min_time=0.001 pipe_mib=0.25,1 rounds=1
      lines=200 plots= ;;
    --json) json=${2-}; [[ $json ]] || usage; shift ;;
    --against) against=${2-}; [[ -r $against ]] || usage; shift ;;
    --filter) filter=${2-}; [[ $filter ]] || usage; shift ;;
    *) usage ;;
  esac
  shift
done
text_mib=${BENCH_TEXT_MIB-$text_mib}
repetitions=${BENCH_REPETITIONS-$repetitions}
rounds=${BENCH_ROUNDS-$rounds}
pipe_mib=${BENCH_PIPE_MIB-$pipe_mib}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# What the build says matters only where it fails.
if ! { cmake -S . -B "$build" -G Ninja -C .cmake/release.cmake \
         -DMASKPIPE_BUILD_BENCH=ON -DMASKPIPE_BUILD_FETCH=OFF &&
       cmake --build "$build" --target maskpipe_cli maskpipe_bench \
         maskpipe_detect_bench; } \
     >"$scratch/build.log" 2>&1; then
  cat "$scratch/build.log" >&2
  exit 1
fi

# quietly WHAT COMMAND...: a rival that cannot be built is named and left out.
quietly() {
  local what=$1
  shift
  "$@" >"$scratch/rival.log" 2>&1 && return
  echo "not measured: $what ($(tail -n 1 "$scratch/rival.log"))"
}

build_rust() {
  cp -r bench/rivals/aho_corasick "$scratch/rust" &&
    env CARGO_HOME="$scratch/cargo" CARGO_TARGET_DIR="$PWD/$build/rust" \
      PATH="/usr/bin:$PATH" cargo build --release --offline --quiet \
      --manifest-path "$scratch/rust/Cargo.toml" \
      --config 'source.crates-io.replace-with="debian"' \
      --config "source.debian.directory=\"$crates\"" &&
    cp "$build/rust/release/rival" "$rivals/rival_rust"
}

build_go() {
  env GOCACHE="$PWD/$build/go" GO111MODULE=off \
    go build -o "$rivals/rival_go" bench/rivals/replace.go
}

build_vectorscan() {
  cmake --build "$build" --target vectorscan_filter &&
    cp "$build/bench/vectorscan_filter" "$rivals"
}

# save NEEDLES MIB: a world as files.
save() {
  mkdir "$scratch/world-$1"
  "$build/bench/maskpipe_bench" --save="$scratch/world-$1" --needles="$1" \
    --text-mib="$2"
  chmod 600 "$scratch/world-$1/needles.json"
}

# aho-corasick over the same bytes, its tally compared with ours.
match_rust() {
  local n separator='' sums
  printf '{' >"$scratch/aho-corasick.json"
  for n in 1 10 100 1000 10000; do
    local world=$scratch/world-$n
    sums=$("$rivals/rival_rust" match "$world/needles.txt" "$world/text.log")
    if ! diff -q <(head -n 1 <<<"$sums") "$world/answer.txt" >/dev/null; then
      echo "aho-corasick: a wrong answer for $n needles"
      status=1
      continue
    fi
    python3 -c 'import os, sys
print("%s\"%s\": %g" % (sys.argv[1], sys.argv[2],
    os.path.getsize(sys.argv[3]) / 2**30 / float(sys.argv[4])))' \
      "$separator" "$n" "$world/text.log" "$(tail -n 1 <<<"$sums")" \
      >>"$scratch/aho-corasick.json"
    separator=,
  done
  echo '}' >>"$scratch/aho-corasick.json"
}

programs() {
  rivals=$scratch/rivals
  mkdir "$rivals"
  quietly 'vectorscan (libvectorscan-dev)' build_vectorscan
  quietly 'aho-corasick (librust-aho-corasick-dev and cargo)' build_rust
  quietly 'strings.NewReplacer (golang-go)' build_go
  local n small=$((text_mib < 8 ? text_mib : 8))
  for n in 1 10 100 10000; do save "$n" "$small"; done
  save 1000 "$text_mib"
  if [[ -x $rivals/rival_rust ]]; then match_rust; fi
  python3 bench/pipe.py --maskpipe "$build/maskpipe" \
    --world "$scratch/world-1000" --rivals "$rivals" --mib "$pipe_mib" \
    --rounds "$rounds" --json "$scratch/pipe.json" || status=1
  python3 bench/latency.py --maskpipe "$build/maskpipe" \
    --secrets "$scratch/world-1000/needles.json" \
    --many "$scratch/world-10000/needles.json" --rounds "$lines" \
    --json "$scratch/latency.json" || status=1
}

status=0
"$build/bench/maskpipe_bench" --text-mib="$text_mib" \
  --benchmark_filter="$filter" \
  --benchmark_repetitions="$repetitions" --benchmark_min_time="$min_time" \
  --benchmark_out="$scratch/results.json" --benchmark_out_format=json \
  >"$scratch/run.log" 2>&1 || status=$?
if ((status)); then
  grep -E 'ERROR|maskpipe_bench:|No match' "$scratch/run.log" >&2 || true
fi
if [[ $filter == . ]]; then
  programs
  detectors=$("$build/bench/maskpipe_detect_bench" \
    $((text_mib < 10 ? text_mib : 10))) || status=1
else
  plots='' detectors=''
fi

# A run that broke off leaves no whole JSON, and has told why.
if python3 -c 'import json, sys; json.load(open(sys.argv[1]))' \
     "$scratch/results.json" 2>/dev/null; then
  report=("$scratch/results.json" --programs "$scratch")
  if [[ $json ]]; then report+=(--json "$json"); fi
  if [[ $against ]]; then report+=(--against "$against"); fi
  if [[ $plots ]]; then report+=(--plots "$plots"); fi
  MASKPIPE_VERSION=$("$build/maskpipe" --version) \
    PYTHONDONTWRITEBYTECODE=1 python3 bench/report.py "${report[@]}" || status=1
else
  tail -n 5 "$scratch/run.log" >&2
  status=1
fi
if [[ $detectors ]]; then printf '\nDetectors\n\n%s\n' "$detectors"; fi
exit "$status"
