#!/usr/bin/env bash
# Prints the lock file of the PyTorch build to install: the CPU build where pip finds one, else the registry's.
#
# usage: tools/choose_torch.sh PYTHON
#   PYTHON  the interpreter of the environment it is for
set -euo pipefail
locks=$(cd "$(dirname "${BASH_SOURCE[0]}")/../locks" && pwd)

[ $# -eq 1 ] || {
    echo "usage: $0 PYTHON" >&2
    exit 2
}
if said=$("$1" -m pip --disable-pip-version-check install --quiet --dry-run --no-deps --only-binary=:all: \
    --require-hashes -r "$locks/torch-cpu.txt" 2>&1); then
    echo "$locks/torch-cpu.txt"
elif [[ $said == *"No matching distribution found"* ]]; then
    echo "$locks/torch.txt"
else # a build is there that nobody has vouched for
    printf '%s\n' "$said" "To have the registry's build instead: make setup TORCH=locks/torch.txt" >&2
    exit 1
fi
