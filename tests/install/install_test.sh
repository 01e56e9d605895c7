#!/usr/bin/env bash
# Installs into an empty prefix and builds a C program against that with CMake
# and with pkg-config, shared and static.
#
# usage: install_test.sh BUILD_DIR
set -euo pipefail

build=$(realpath "$1")
here=$(dirname "$(realpath "$0")")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
prefix=$work/prefix

check() {
  local output
  output=$("$@")
  [[ $output == 'password=***' ]] || { echo "$1 printed: $output"; exit 1; }
  echo "ok: $(basename "$1")"
}

cmake --install "$build" --prefix "$prefix" >/dev/null
libdir=$(dirname "$(find "$prefix" -name libmaskpipe.so)")

cmake -G Ninja -S "$here/consumer" -B "$work/cmake" -DCMAKE_PREFIX_PATH="$prefix" >/dev/null
cmake --build "$work/cmake" >/dev/null
check "$work/cmake/shared_consumer"
check "$work/cmake/static_consumer"
check "$work/cmake/spdlog_consumer"

# The .pc file names the prefix of the configuration; pkg-config moves it.
export PKG_CONFIG_PATH=$libdir/pkgconfig
pc() { pkg-config --define-variable=prefix="$prefix" \
                  --define-variable=includedir="$prefix/include" \
                  --define-variable=libdir="$libdir" "$@" maskpipe; }
read -ra flags <<<"$(pc --cflags --libs)"
cc "$here/consumer/main.c" -o "$work/pc_shared" "${flags[@]}" -Wl,-rpath,"$libdir"
check "$work/pc_shared"
read -ra flags <<<"$(pc --cflags --libs --static | sed 's/-lmaskpipe/-l:libmaskpipe.a/')"
cc "$here/consumer/main.c" -o "$work/pc_static" "${flags[@]}"
check "$work/pc_static"

readelf -d "$libdir/libmaskpipe.so" | grep -q 'SONAME.*libmaskpipe.so.0\]'
echo 'ok: SONAME libmaskpipe.so.0'
"$prefix/bin/maskpipe" --version
