#!/usr/bin/env bash
# The wheel builds and installs without a network, into a directory and into a
# virtual environment, and finds the library where the loader looks. Without the
# library, or with another version of it, the import fails and says why.
#
# usage: wheel_test.sh PYTHON SOURCE_DIR LIBRARY_DIR
set -euo pipefail

python=$1 source=$2 library=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if ! "$python" -c 'import setuptools, wheel, pip' 2>/dev/null; then
  echo 'SKIPPED: python3-pip, python3-setuptools or python3-wheel is missing'
  exit 77
fi
cp -r "$source" "$work/source"
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
"$python" -m pip -q wheel --no-index --no-build-isolation --no-deps \
  -w "$work" "$work/source"
wheels=("$work"/maskpipe-*-py3-none-any.whl)
"$python" -m pip -q install --no-index --no-deps --target "$work/site" "${wheels[0]}"

use='import maskpipe; print(maskpipe.Masker(secrets={"db": "hunter2!"}).mask("a hunter2!"))'
cd "$work"
said=$(env -u MASKPIPE_LIBRARY LD_LIBRARY_PATH="$library" PYTHONPATH="$work/site" "$python" -B -c "$use")
[[ $said == 'a ***' ]] || { echo "printed: $said"; exit 1; }
echo "ok: $(basename "${wheels[0]}")"

"$python" -m venv --without-pip "$work/venv"
"$python" -m pip -q --python "$work/venv" install --no-index --no-deps "${wheels[0]}"
said=$(env -u MASKPIPE_LIBRARY -u PYTHONPATH LD_LIBRARY_PATH="$library" "$work/venv/bin/python" -B -c "$use")
[[ $said == 'a ***' ]] || { echo "printed in the virtual environment: $said"; exit 1; }
echo 'ok: a virtual environment'

# Where there is no library, the message says what to install.
if env -u LD_LIBRARY_PATH MASKPIPE_LIBRARY="$work/none.so" PYTHONPATH="$work/site" \
     "$python" -B -c "$use" 2>"$work/error"; then
  echo 'worked without a library'
  exit 1
fi
grep -q 'ImportError: .*none.so .*install libmaskpipe0' "$work/error" || { cat "$work/error"; exit 1; }
echo 'ok: a missing library is told'

# Libraries of another ABI version, and an older one that lacks a function.
refused() {  # LIBRARY TEXT
  if MASKPIPE_LIBRARY=$1 PYTHONPATH="$work/site" "$python" -B -c "$use" 2>"$work/error"; then
    echo "worked with $1"
    exit 1
  fi
  grep -q "ImportError: .*$2" "$work/error" || { cat "$work/error"; exit 1; }
}
grep -oE '^    "[a-z_]+": \(' "$work/site/maskpipe/abi.py" | tr -dc 'a-z_\n' |
  sed -E '/abi_version/d; s/.*/void maskpipe_&(void) {}/' >"$work/other.c"
(($(wc -l <"$work/other.c") > 15))
echo 'int maskpipe_abi_version(void) { return 7; }' >>"$work/other.c"
cc -shared -fPIC -o "$work/other.so" "$work/other.c"
sed '/maskpipe_secrets_merge/d' "$work/other.c" >"$work/older.c"
cc -shared -fPIC -o "$work/older.so" "$work/older.c"
refused "$work/other.so" 'has ABI version 7, this package needs 0'
refused "$work/older.so" 'is older than this package: it lacks maskpipe_secrets_merge'
echo 'ok: another ABI version is refused'
