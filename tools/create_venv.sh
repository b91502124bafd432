#!/usr/bin/env bash
# Makes a virtual environment with Python 3.11 or newer.
#
# usage: tools/create_venv.sh FOLDER [PYTHON]
#   PYTHON  the interpreter to use; else the first fitting one of python3.11, python3.12, python3.13, python3
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=tools/apt_install.sh
. "$here/apt_install.sh"

[ $# -ge 1 ] || {
    echo "usage: $0 FOLDER [PYTHON]" >&2
    exit 2
}
folder=$1
candidates=(python3.11 python3.12 python3.13 python3)
[ -z "${2:-}" ] || candidates=("$2")

fits() { # also fails for a version manager's shim without that version behind it
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

python=
for candidate in "${candidates[@]}"; do
    if fits "$candidate"; then
        python=$candidate
        break
    fi
done
if [ -z "$python" ]; then
    echo "Python 3.11 or newer was not found (tried: ${candidates[*]}). To install it: sudo apt-get install -y python3.11 python3.11-venv" >&2
    exit 1
fi

# Debian keeps these two out of its Python; `python -m venv` without them leaves half an environment behind.
if ! "$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then
    apt_install "$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')"
fi
"$python" -m venv --clear "$folder"
