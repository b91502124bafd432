"""Looks up what is locked among the known vulnerabilities, with pip-audit: a part of `make audit`.

Exit codes: 0 none is known, 1 some are, 3 the service that knows could not be asked of every package.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

LOCKS = Path(__file__).resolve().parents[1] / "locks"
#: Those of one environment together. torch-cpu.txt is torch.txt's version in a build no service has heard of.
LISTS = (("application.txt", "torch.txt", "checks.txt"), ("audit.txt",))
FOUND, NOT_ASKED = 1, 3


def judged(dependencies: list[dict[str, Any]]) -> tuple[int, list[str]]:
    """The exit code for what pip-audit found out, and the lines to print.

    dependencies: as in its JSON: name, and version and vulns, or the skip_reason.
    """
    lines = [
        f"{entry['name']} {entry['version']}: {vulnerability['id']}"
        + f" (mended in {', '.join(vulnerability['fix_versions']) or 'no version yet'})"
        for entry in dependencies
        for vulnerability in entry.get("vulns", ())
    ]
    known = len(dependencies) - len(unknown := [e["name"] for e in dependencies if "skip_reason" in e])
    if unknown:
        names = ", ".join(unknown[:5]) + (", …" if len(unknown) > 5 else "")
        lines.append(f"{len(unknown)} of {len(dependencies)} packages could not be looked up: {names}")
    if any(entry.get("vulns") for entry in dependencies):
        return FOUND, lines
    return (NOT_ASKED, lines) if unknown else (0, [f"No vulnerability is known of the {known} packages."])


def looked_up(lists: Sequence[str]) -> list[dict[str, Any]]:
    """What pip-audit says of these lock files. Raises RuntimeError with its reason where it says nothing."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [
            *(sys.executable, "-m", "pip_audit", "--require-hashes", "--disable-pip", "--format=json"),
            *("--progress-spinner=off", "--output", str(report)),
            *(word for name in lists for word in ("--requirement", str(LOCKS / name))),
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if not report.is_file():
            raise RuntimeError((done.stderr.strip().splitlines() or ["it said nothing"])[-1])
        return json.loads(report.read_text())["dependencies"]


def main() -> int:
    try:
        code, lines = judged([entry for lists in LISTS for entry in looked_up(lists)])
    except RuntimeError as error:
        print(f"The vulnerability service could not be asked ({error}).", file=sys.stderr)
        return NOT_ASKED
    print(*lines, sep="\n", file=sys.stderr if code else sys.stdout)
    return code


if __name__ == "__main__":
    sys.exit(main())
