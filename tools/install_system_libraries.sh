#!/usr/bin/env bash
# Installs the system libraries that are missing, where this account may (root, or sudo without a password);
# elsewhere prints one line to copy. Says nothing when all is there. Linux only; elsewhere Qt brings its own.
#
# usage: tools/install_system_libraries.sh run|test|package
#   run   what a window needs, and a font     test   also what the tests of a window need
#   package   also what PyInstaller needs
# exit code: 0 all is there, 1 something is still missing, 2 bad usage
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tools/apt_install.sh
. "$here/apt_install.sh"
PATH=$PATH:/usr/sbin:/sbin # ldconfig is not on every account's path

case ${1:-} in
run | test | package) purpose=$1 ;;
*)
    echo "usage: $0 run|test|package" >&2
    exit 2
    ;;
esac
[ "$(uname -s)" = Linux ] || exit 0

have=$(ldconfig -p 2>/dev/null || true)
missing=()
while read -r library package _; do
    case $library in '' | '#'*) continue ;; esac
    # Not `grep -q` on a pipe: it would end early, and pipefail would take that for a failure.
    case $have in *"$library "*) ;; *) missing+=("$package") ;; esac
done <"$here/../app/assets/system-libraries.txt"

home=${HOME:-} # a CI machine may have none
fonts=$(find -L /usr/share/fonts /usr/local/share/fonts "$home/.fonts" "$home/.local/share/fonts" \
    \( -name '*.ttf' -o -name '*.otf' -o -name '*.ttc' \) 2>/dev/null || true)
[ -n "$fonts" ] || missing+=(fonts-dejavu-core)

if [ "$purpose" = test ]; then
    for pair in Xvfb:xvfb xauth:xauth xdotool:xdotool; do
        command -v "${pair%%:*}" >/dev/null || missing+=("${pair##*:}")
    done
fi

if [ "$purpose" = package ]; then
    command -v objdump >/dev/null || missing+=(binutils)
fi

[ ${#missing[@]} -eq 0 ] || apt_install "${missing[@]}"
