#!/usr/bin/env bash
# The demo: builds maskpipe, lets an Airflow task spill its secrets, and shows, checks and times what comes out.
#
#   bash src/demo/run.sh
#
# MASKPIPE=FILE           use this program and skip phases 1 and 2
# MASKPIPE_BUILD_DIR=DIR  where to build (default .build/release)
# MASKPIPE_DEMO_MIB=N     size of the log that is timed (default 256)
set -euo pipefail

packages=(g++ cmake ninja-build pkg-config ccache python3 libre2-dev libspdlog-dev
          libboost-program-options-dev libyaml-dev rapidjson-dev libsodium-dev)

phase() { printf '\n== %s\n' "$*"; }
fail() { printf 'demo: %s\n' "$*" >&2; exit 1; }

missing_packages() {
  local package
  for package in "${packages[@]}"; do
    [[ $(dpkg-query -W -f '${Status}' "$package" 2>/dev/null) == *' ok installed' ]] || echo "$package"
  done
}

install_packages() {
  local -a sudo=()
  if ((EUID != 0)); then
    command -v sudo >/dev/null || fail "these packages are missing, and we are neither root nor have sudo: $*"
    sudo=(sudo)
  fi
  local -a apt=("${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0)
  echo "installing: $*"
  "${apt[@]}" update || fail 'apt-get update failed'
  "${apt[@]}" install -y --no-install-recommends "$@" >/dev/null || fail 'apt-get install failed'
}

# A path from the caller is relative to where the caller stands.
maskpipe=${MASKPIPE:+$(realpath -- "$MASKPIPE")}
build=${MASKPIPE_BUILD_DIR:-.build/release}
mib=${MASKPIPE_DEMO_MIB:-256}
demo=src/demo
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.."

if [[ -z $maskpipe ]]; then
  phase '1. Packages'
  command -v dpkg-query >/dev/null || fail 'this is no Debian; build maskpipe by hand and set MASKPIPE=FILE'
  mapfile -t missing < <(missing_packages)
  if ((${#missing[@]})); then install_packages "${missing[@]}"; else echo 'all there'; fi

  phase '2. Build (the first time takes a minute)'
  cmake -S . -B "$build" -G Ninja -C .cmake/release.cmake --log-level=WARNING >/dev/null
  cmake --build "$build" --target maskpipe_cli -- --quiet
  maskpipe=$(realpath -- "$build/maskpipe")
  echo "$maskpipe"
fi
[[ -x $maskpipe ]] || fail "$maskpipe is no program"

phase '3. An Airflow task with fresh secrets'
# The caller's own Airflow and maskpipe settings must not colour what is shown.
unset "${!AIRFLOW_@}" "${!MASKPIPE_@}"
umask 077
dir=$(mktemp -d)
trap 'rm -rf -- "$dir"' EXIT
python3 "$demo/airflow_task.py" make "$dir"
# shellcheck source=/dev/null
source "$dir/env.sh"  # AIRFLOW_CONN_*, AIRFLOW_VAR_*, AIRFLOW__*

phase '4. The task writes its log through maskpipe'
filter=("$maskpipe" --source 'env:AIRFLOW_*' --source "file:$dir/secrets.json" --source "dir:$dir/run-secrets")
echo "task | maskpipe --source 'env:AIRFLOW_*' --source file:secrets.json --source dir:run-secrets --stats"
python3 "$demo/airflow_task.py" write "$dir" | "${filter[@]}" --stats >"$dir/masked.log" 2>"$dir/stderr" ||
  fail "the pipe failed: $(cat "$dir/stderr")"

phase '5. Before and after'
python3 "$demo/show.py" view "$dir"

phase '6. Check'
python3 "$demo/show.py" check "$dir"

phase '7. Numbers'
python3 "$demo/show.py" counts "$dir"
python3 "$demo/airflow_task.py" grow "$dir" "$mib"
python3 "$demo/show.py" speed "$dir" "${filter[@]}"
