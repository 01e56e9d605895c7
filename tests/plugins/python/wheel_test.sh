#!/usr/bin/env bash
# The wheel builds, installs and finds the library where the loader looks.
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

# Where there is no library, the message says what to install.
if env -u LD_LIBRARY_PATH MASKPIPE_LIBRARY="$work/none.so" PYTHONPATH="$work/site" \
     "$python" -B -c "$use" 2>"$work/error"; then
  echo 'worked without a library'
  exit 1
fi
grep -q 'ImportError: .*none.so .*install libmaskpipe0' "$work/error" || { cat "$work/error"; exit 1; }
echo 'ok: a missing library is told'
