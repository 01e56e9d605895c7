#!/usr/bin/env bash
# Installs what is missing, builds, and runs the tests.
#
#   bash tests/run.sh             build with g++ and run all tests
#   bash tests/run.sh STAGE...    core static clang asan tsan arm64 fuzz, or `all`
#
# MASKPIPE_LEAKBENCH=FILE  the leak bench, kept outside the project
# MASKPIPE_CORPORA=DIR  real logs to read besides our own (tests/data/corpora)
# FUZZ_SECONDS=N        how long each fuzzer runs (default 60)
# A test that cannot run says SKIPPED and why; with CI=true that is a failure
# unless it is about MASKPIPE_CORPORA, MASKPIPE_LEAKBENCH, memory figures under a
# sanitizer, or a Debian that no mirror has.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

packages=(g++ cmake ninja-build pkg-config ccache git python3 libre2-dev
          libspdlog-dev libboost-program-options-dev libyaml-dev rapidjson-dev
          libsodium-dev libgtest-dev libgmock-dev libbenchmark-dev
          libvectorscan-dev abigail-tools binutils strace gdb
          libcurl4-openssl-dev libssl-dev libpugixml-dev python3-botocore
          awscli openssl iproute2 procps nodejs openssh-client util-linux tini
          jq xxd curl perl sed grep coreutils bash
          libsqlite3-dev libpq-dev libmariadb-dev python3-cryptography
          python3-sqlalchemy postgresql-15 mariadb-server libnet-ldap-perl
          python3-structlog python3-pip python3-setuptools python3-wheel
          libmsgpack-dev rsyslog valgrind dpkg-dev lintian docker-compose
          python3-kubernetes python3-yaml shellcheck systemd ca-certificates)
clang_packages=(clang-14 libclang-rt-14-dev)
jobs=$(nproc)

say() { printf '\n== %s\n' "$*"; }

install_missing() {
  local missing=() package sudo=()
  for package in "$@"; do
    [[ $(dpkg-query -W -f '${Status}' "$package" 2>/dev/null) == *' ok installed' ]] ||
      missing+=("$package")
  done
  ((${#missing[@]})) || return 0
  say "Installing ${missing[*]}"
  ((EUID == 0)) || sudo=(sudo)
  "${sudo[@]}" apt-get -qq update
  "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get -qq -o Dpkg::Use-Pty=0 install -y --no-install-recommends "${missing[@]}" >/dev/null
}

add_architecture() {
  local sudo=()
  ((EUID == 0)) || sudo=(sudo)
  dpkg --print-foreign-architectures | grep -qx "$1" && return 0
  "${sudo[@]}" dpkg --add-architecture "$1"
  "${sudo[@]}" apt-get -qq update
}

# The AWS SDK for JavaScript, which judges our AWS client: the versions that
# tests/fetch/js/package-lock.json names, with their digests.
install_aws_js() {
  local from=tests/fetch/js to=.build/aws-js
  if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
    install_missing nodejs npm
  fi
  cmp -s "$from/package-lock.json" "$to/installed.json" && return 0
  say "Installing the AWS SDK for JavaScript"
  mkdir -p "$to"
  cp "$from/package.json" "$from/package-lock.json" "$to"
  npm ci --prefix "$to" --ignore-scripts --no-audit --no-fund --silent
  cp "$from/package-lock.json" "$to/installed.json"
}

# build VARIANT DIRECTORY [CMAKE ARGUMENT...]
build() {
  local variant=$1 directory=$2
  shift 2
  say "Building $directory"
  cmake -S . -B "$directory" -G Ninja -C ".cmake/$variant.cmake" "$@" \
        --log-level=WARNING >/dev/null
  cmake --build "$directory" -j "$jobs" -- --quiet
}

# run_tests DIRECTORY [CTEST ARGUMENT...]: prints failures and the summary.
run_tests() {
  local directory=$1 log=$1/tests.log result=0
  shift
  say "Testing $directory"
  ctest --test-dir "$directory" -j "$jobs" --timeout 400 --output-on-failure "$@" \
    >"$log" 2>&1 ||
    result=$?
  grep -vE '^ *(Start +[0-9]+:|[0-9]+/[0-9]+ Test .* Passed )' "$log" || true
  ((result == 0)) || return 1
  expect_no_skips "$directory" "$log"
}

# What a test prints of a skip stands in ctest's own log, also if it passed.
expect_no_skips() {
  local skips
  skips=$(grep -h 'SKIPPED: ' "$2" "$1/Testing/Temporary/LastTest.log" |
          grep -vE -e 'MASKPIPE_(CORPORA|LEAKBENCH)|built with a sanitizer' \
                   -e 'debootstrap cannot fetch' |
          sort -u || true)
  [[ -z $skips ]] && return 0
  printf '%s\n' "$skips"
  if [[ ${CI:-} == true ]]; then
    echo 'a skip that was not expected fails CI'
    return 1
  fi
}

stage_core() {
  build dev .build/dev
  build strict .build/strict
  run_tests .build/dev -LE long
}

# The program that runs in any image: only that, linked from what the strict
# build has compiled. And the packages of the dev build.
stage_static() {
  install_missing debootstrap
  local variant
  for variant in dev strict; do
    [[ -x .build/$variant/maskpipe-fetch ]] || build "$variant" ".build/$variant"
  done
  (cd .build/dev && cpack -G DEB -B ../debs >../debs.log 2>&1) ||
    { cat .build/debs.log; return 1; }
  say "Building .build/static"
  cmake -S . -B .build/static -G Ninja -C .cmake/strict.cmake \
    -DMASKPIPE_STATIC=ON -DMASKPIPE_BUILD_TESTS=ON -DMASKPIPE_BUILD_FETCH=OFF \
    --log-level=WARNING >/dev/null
  cmake --build .build/static -j "$jobs" --target maskpipe_cli -- --quiet
  MASKPIPE_FETCH=$PWD/.build/strict/maskpipe-fetch MASKPIPE_DEBS=$PWD/.build/debs \
    run_tests .build/static -R '^(run[.]command|deploy[.]image)$'
  # Alone, or it would measure the others.
  run_tests .build/static -R '^deploy[.]start$'
}

stage_clang() {
  install_missing "${clang_packages[@]}"
  build dev .build/clang -DCMAKE_C_COMPILER=clang-14 -DCMAKE_CXX_COMPILER=clang++-14
  MASKPIPE_COMPOSITIONS=5000 MASKPIPE_WORLDS=500 run_tests .build/clang -L core
}

stage_asan() {
  build asan .build/asan
  # The library and the front. Taking cores of a sanitizer's terabytes of shadow
  # would last for ever; the wrapper, the fetcher and the plugins are tested with
  # their real peers in the core stage.
  MASKPIPE_COMPOSITIONS=2000 MASKPIPE_WORLDS=200 run_tests .build/asan -LE long \
    -E '^(demo|readme|front.discretion|run[.].*|deploy[.].*|plugins[.].*|fetch[.][a-z_]+|spelling[.].*)$'
}

stage_tsan() {
  build tsan .build/tsan
  # The exhaustive small worlds and the other kernel have one thread and
  # nothing to race with.
  MASKPIPE_COMPOSITIONS=500 MASKPIPE_WORLDS=100 run_tests .build/tsan -L core \
    -E 'SmallWorlds|HoweverTheTextIsCut|core[.](portable|avx2)|layout|data'
}

# The core for aarch64, built here and run by qemu-user. That hands no
# MADV_WIPEONFORK or MADV_DONTDUMP on, which the tests of forked children and
# core dumps are about; and python3 here cannot load what is built. The loops that
# are portable ran already.
stage_arm64() {
  local foreign=(libre2-dev libspdlog-dev libboost-program-options-dev
                 libyaml-dev libsodium-dev libgtest-dev libgmock-dev
                 libmsgpack-dev)
  if [[ $(dpkg --print-architecture) != amd64 ]]; then
    say "This is no amd64: its own stages are the test of $(uname -m)"
    return 0
  fi
  add_architecture arm64
  install_missing g++-aarch64-linux-gnu qemu-user-static "${foreign[@]/%/:arm64}"
  say "Building .build/arm64"
  cmake -S . -B .build/arm64 -G Ninja -C .cmake/arm64.cmake --log-level=WARNING >/dev/null
  cmake --build .build/arm64 -j "$jobs" --target core_test wrapper_test -- --quiet
  MASKPIPE_COMPOSITIONS=200 MASKPIPE_WORLDS=50 run_tests .build/arm64 -L core \
    -E 'SmallWorlds|HoweverTheTextIsCut|CoreDumps|ForkedChild|core.portable|^(Buffer.KeepsItsBytesWhenItGrows|abi[.](c|ctypes|stable|exports|install)|layout|data)$'
}

stage_fuzz() {
  install_missing "${clang_packages[@]}"
  build fuzz .build/fuzz -DCMAKE_C_COMPILER=clang-14 -DCMAKE_CXX_COMPILER=clang++-14
  local target
  for target in stream source detect; do
    say "Fuzzing $target for ${FUZZ_SECONDS:-60} s"
    mkdir -p ".build/fuzz/$target"
    local log=.build/fuzz/$target.log result=0
    ".build/fuzz/tests/fuzz/${target}_fuzz" -max_total_time="${FUZZ_SECONDS:-60}" \
      -max_len=512 -print_final_stats=1 -artifact_prefix=".build/fuzz/" \
      ".build/fuzz/$target" "tests/fuzz/$target" >"$log" 2>&1 || result=$?
    if ((result == 0)); then grep stat:: "$log"; else tail -n 40 "$log"; fi
    ((result == 0)) || return 1
  done
}

stages=("$@")
((${#stages[@]})) || stages=(core)
[[ ${stages[0]} == all ]] && stages=(core static clang asan tsan arm64 fuzz)
install_missing "${packages[@]}"
install_aws_js
for stage in "${stages[@]}"; do
  declare -F "stage_$stage" >/dev/null || { echo "no stage $stage" >&2; exit 2; }
  started=$SECONDS
  "stage_$stage"
  say "Stage $stage: passed in $((SECONDS - started)) s"
done
