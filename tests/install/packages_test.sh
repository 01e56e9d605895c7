#!/usr/bin/env bash
# The Debian packages of this build: what is in them, what lintian says, and
# that what they unpack to works: a C program, Python, the manual page and the
# completions. The recipes for vcpkg and Conan are read, not run.
#
# usage: packages_test.sh BUILD_DIR
set -euo pipefail

build=$(realpath "$1")
here=$(dirname "$(realpath "$0")")
deploy=$(realpath "$here/../../src/deploy")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for tool in dpkg-deb dpkg-shlibdeps cpack; do
  command -v $tool >/dev/null || { echo "SKIPPED: $tool is missing"; exit 77; }
done

(cd "$build" && cpack -G DEB -B "$work/debs" >"$work/cpack.log" 2>&1) ||
  { cat "$work/cpack.log"; exit 1; }
root=$work/root
for package in libmaskpipe0 libmaskpipe-dev maskpipe python3-maskpipe; do
  deb=("$work/debs/$package"_*.deb)
  dpkg-deb -x "${deb[0]}" "$root"
  echo "ok: $(basename "${deb[0]}"), needs $(dpkg-deb -f "${deb[0]}" Depends)"
done

# What each must hold.
contents() { dpkg-deb -c "$work"/debs/"$1"_*.deb >"$work/contents"; }
has() {
  contents "$1"
  grep -qE "$2" "$work/contents" || { echo "$1 lacks $2"; exit 1; }
}
has libmaskpipe0 'usr/lib/.*/libmaskpipe\.so\.0 -> libmaskpipe\.so\.0\.[0-9.]+$'
has libmaskpipe-dev 'usr/include/maskpipe/spdlog_sink\.h$'
has libmaskpipe-dev 'usr/lib/.*/libmaskpipe\.so -> '
has maskpipe 'usr/bin/maskpipe$'
has maskpipe 'man1/maskpipe\.1\.gz$'
for example in astro/.env fluent-bit/daemonset.yaml kubernetes/pod-template.yaml \
               rsyslog/maskpipe.conf systemd/nightly-report.service; do
  has maskpipe "doc/maskpipe/examples/$example\$"
done
has python3-maskpipe 'dist-packages/maskpipe/airflow\.py$'
contents libmaskpipe0
! grep -E 'bin/|include/|\.a$' "$work/contents" || exit 1
if [[ -n $(find "$build" -maxdepth 2 -name maskpipe-fetch -type f) ]]; then
  has maskpipe '/maskpipe-fetch$'
fi
dpkg-deb -f "$work"/debs/libmaskpipe0_*.deb Depends | grep -q 'libre2'

if command -v lintian >/dev/null; then
  # CPack adds scripts that call ldconfig beside our trigger: harmless, and
  # nothing turns it off.
  lintian --no-cfg --fail-on error,warning --suppress-tags maintscript-calls-ldconfig \
    "$work"/debs/*.deb >"$work/lintian" 2>&1 || { cat "$work/lintian"; exit 1; }
  echo 'ok: lintian finds no error and no other warning'
else
  echo 'SKIPPED: lintian is missing'
fi

# A C program against what was unpacked.
libdir=$(dirname "$(find "$root" -name libmaskpipe.so.0)")
export PKG_CONFIG_PATH=$libdir/pkgconfig PKG_CONFIG_SYSROOT_DIR=$root
read -ra flags <<<"$(pkg-config --cflags --libs maskpipe)"
cc "$here/consumer/main.c" -o "$work/consumer" "${flags[@]}"
export LD_LIBRARY_PATH=$libdir
[[ $("$work/consumer") == 'password=***' ]]
echo 'ok: pkg-config'
[[ $(PYTHONPATH=$root/usr/lib/python3/dist-packages python3 -B -c \
  'import maskpipe; print(maskpipe.Masker(secrets={"a": "hunter2!"}).mask("hunter2!"))') == '***' ]]
echo 'ok: python'

# The manual page and the completions hold every option of --help.
page=$root/usr/share/man/man1/maskpipe.1.gz
bash_file=$root/usr/share/bash-completion/completions/maskpipe
zsh_file=$root/usr/share/zsh/vendor-completions/_maskpipe
fish_file=$root/usr/share/fish/vendor_completions.d/maskpipe.fish
count=0
while read -r option; do
  name=${option#--}
  # Into variables: grep -q would close the pipe early.
  manual=$(zcat "$page")
  [[ $manual == *"${option//-/\\-}\\fR"* ]] || { echo "the manual lacks $option"; exit 1; }
  grep -qF -- "$option" "$bash_file" || { echo "bash lacks $option"; exit 1; }
  grep -qF -- "'*$option[" "$zsh_file" || { echo "zsh lacks $option"; exit 1; }
  grep -qF -- "-l $name " "$fish_file" || { echo "fish lacks $option"; exit 1; }
  count=$((count + 1))
done < <("$build/maskpipe" --help | grep -oE '^  (-., )?--[a-z-]+' | grep -oE -- '--[a-z-]+$')
((count > 20)) || { echo "only $count options"; exit 1; }
complete_at() {  # WORD...: what bash completes the last to
  bash -c 'source "$1"; shift; COMP_WORDS=(maskpipe "$@"); COMP_CWORD=$#; _maskpipe
           echo "${COMPREPLY[*]}"' _ "$bash_file" "$@"
}
[[ $(complete_at --min) == '--min-length' ]]
[[ $(complete_at --log-level d) == debug ]]
[[ $(complete_at che) == check ]]
! command -v zsh >/dev/null || zsh -n "$zsh_file"
! command -v fish >/dev/null || fish -n "$fish_file"
if command -v man >/dev/null; then
  said=$(MANROFFSEQ='' man --warnings=w -l "$page" 2>&1 >/dev/null)
  [[ -z $said ]] || { echo "$said"; exit 1; }
fi
echo "ok: $count options in the manual page and the completions"

# Recipes of other package managers: their syntax, the same version, and all that
# the build requires.
version=$("$build/maskpipe" --version | cut -d' ' -f2)
python3 - "$deploy" "$version" <<'PY'
import ast, json, pathlib, re, sys
deploy, version = pathlib.Path(sys.argv[1]), sys.argv[2]
port = json.loads((deploy / "vcpkg/vcpkg.json").read_text())
assert port["version"] == version, port["version"]
recipe = (deploy / "conan/conanfile.py").read_text()
ast.parse(recipe)
assert f'version = "{version}"' in recipe
required = re.findall(r"pkg_check_modules\(\w+ REQUIRED IMPORTED_TARGET GLOBAL ([\w.-]+)",
                      (deploy / "../../CMakeLists.txt").read_text())
assert len(required) >= 6, required
ports = {d if isinstance(d, str) else d["name"] for d in port["dependencies"]}
for module in required:
    vcpkg, conan = {"yaml-0.1": ("libyaml", "libyaml"), "libcurl": ("curl", "libcurl"),
                    "libcrypto": ("openssl", "openssl")}.get(module, (module, module))
    assert vcpkg in ports, f"the vcpkg port lacks {vcpkg}"
    assert f'"{conan}/' in recipe, f"the Conan recipe lacks {conan}"
project = (deploy / "../plugins/python/pyproject.toml").read_text()
assert f'version = "{version}"' in project
PY
cat >"$work/port.cmake" <<PORT
foreach(name vcpkg_cmake_configure vcpkg_cmake_install vcpkg_cmake_config_fixup
        vcpkg_fixup_pkgconfig vcpkg_copy_tools vcpkg_install_copyright)
  cmake_language(EVAL CODE "function(\${name})\nmessage(STATUS \${name})\nendfunction()")
endforeach()
set(CURRENT_PACKAGES_DIR $work/vcpkg)
include($deploy/vcpkg/portfile.cmake)
if(NOT EXISTS \${SOURCE_PATH}/include/maskpipe/maskpipe.h)
  message(FATAL_ERROR "SOURCE_PATH is \${SOURCE_PATH}")
endif()
PORT
[[ $(cmake -P "$work/port.cmake" | wc -l) == 6 ]]
echo 'ok: vcpkg and Conan recipes can be read'
