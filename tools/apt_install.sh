# Sourced by the set-up scripts: installs Debian packages where this account may.
# shellcheck shell=bash

# apt_install PACKAGE... -> 0 installed; 1 not, with the reason and one line to copy on stderr.
# What apt says is shown only when it fails.
apt_install() {
    local root=() log
    local apt=(apt-get -o Acquire::Retries=1 -o Acquire::http::Timeout=20 -o Acquire::https::Timeout=20)
    if ! command -v apt-get >/dev/null; then
        echo "This system has no apt-get: install what holds these with its own package manager: $*" >&2
        return 1
    fi
    if [ "$(id -u)" -ne 0 ]; then
        if ! command -v sudo >/dev/null || ! sudo -n true 2>/dev/null; then
            echo "Some system packages are missing. To install them: sudo apt-get install -y $*" >&2
            return 1
        fi
        root=(sudo -n)
    fi
    echo "Installing system packages: $*"
    log=$(mktemp)
    # --no-install-recommends: a library's recommendations (themes, drivers' tools) are not ours to choose.
    local install=(env DEBIAN_FRONTEND=noninteractive "${apt[@]}" install -y -q --no-install-recommends "$@")
    # A machine that has the package lists need not fetch them again; a fresh container has none.
    if "${root[@]}" "${install[@]}" >"$log" 2>&1 ||
        { "${root[@]}" "${apt[@]}" update -q >>"$log" 2>&1 && "${root[@]}" "${install[@]}" >>"$log" 2>&1; }; then
        rm -f "$log"
        return 0
    fi
    grep -E '^(E|W):' "$log" | tail -n 1 >&2 || true
    rm -f "$log"
    echo "System packages could not be installed. To try again: sudo apt-get install -y $*" >&2
    return 1
}
