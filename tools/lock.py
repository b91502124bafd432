"""Writes the lock files, locks/*.txt, from the lists of direct requirements: `make lock`.

    python tools/lock.py              after a change of a list; what is locked stays as it is
    python tools/lock.py --upgrade    everything in its newest version that fits

Needs uv and the package registry. Each package is locked with the hashes of all its files, so that one lock
serves every system that packages are built for; markers say what is for one system only. PyTorch and what
its GPU build brings are apart, in torch.txt, since a machine may have the CPU build instead (torch-cpu.txt).
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
LOCKS = REPOSITORY / "locks"
OLDEST_PYTHON = "3.11"
OF_TORCH = re.compile(r"(torch|triton|nvidia-.*|cuda-.*)$")
HEADER = "# Written by `make lock` from {lists}; not to be changed by hand.\n"


def entries(text: str) -> dict[str, str]:
    """Package name, as the registry writes it -> its lines in a lock file, hashes and all."""
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        if named := re.match(r"([A-Za-z0-9._-]+)==", line):
            current = found.setdefault(named[1], [])
        if line and not line.lstrip().startswith("#"):
            current.append(line)
    return {name: "\n".join(lines) for name, lines in found.items()}


def lock_file(lists: str, locked: Iterable[str]) -> str:
    """The text of a lock file with these entries."""
    return HEADER.format(lists=lists) + "".join(f"{entry}\n" for entry in locked)


def resolve(lists: Iterable[str], known: Iterable[str], upgrade: bool) -> dict[str, str]:
    """The entries for these lists and all they bring; of what is known the version stays, unless upgraded.

    Raises CalledProcessError where uv finds no set that fits, or no registry; it has said so then.
    """
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "lock.txt"
        output.write_text("\n".join(known))
        command = [
            *(sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--universal", "--no-build"),
            *("--generate-hashes", "--no-header", "--no-annotate", f"--python-version={OLDEST_PYTHON}"),
            *("--output-file", str(output), *(["--upgrade"] if upgrade else []), *lists),
        ]
        subprocess.run(command, cwd=REPOSITORY, stdout=subprocess.DEVNULL, check=True)
        return entries(output.read_text())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--upgrade", action="store_true", help="take the newest versions that fit")
    upgrade = parser.parse_args().upgrade
    lists = ("requirements.txt", "requirements-dev.txt")
    known = [
        entry
        for path in sorted(LOCKS.glob("*.txt"))
        if path.name not in ("torch-cpu.txt", "audit.txt")
        for entry in entries(path.read_text()).values()
    ]
    try:
        everything = resolve(lists, known, upgrade)
        application = resolve(lists[:1], everything.values(), upgrade=False)
        audit_before = LOCKS / "audit.txt"
        audit_known = entries(audit_before.read_text()).values() if audit_before.is_file() else ()
        audit = resolve(["requirements-audit.txt"], audit_known, upgrade)
    except subprocess.CalledProcessError as error:
        return error.returncode
    of_torch = [entry for name, entry in application.items() if OF_TORCH.match(name)]
    others = [entry for name, entry in application.items() if not OF_TORCH.match(name)]
    checks = [entry for name, entry in everything.items() if name not in application]
    for name, source, locked in (
        ("application.txt", "requirements.txt", others),
        ("torch.txt", "requirements.txt", of_torch),
        ("checks.txt", "requirements-dev.txt", checks),
        ("audit.txt", "requirements-audit.txt", list(audit.values())),
    ):
        (LOCKS / name).write_text(lock_file(source, locked))
        print(f"locks/{name}: {len(locked)} packages")
    return 0


if __name__ == "__main__":
    sys.exit(main())
