"""Every figure of docs/performance.md, made anew.

    make benchmark                                   # or: python benchmarks/performance.py [PART ...]

Each part is a script of its own that prints its tables; they go between the part's marks in the page, and
what is written around them stays. Run on a machine that has nothing else to do: all ratios are of things
timed in turns in one run, but a busy machine stalls threads and says little about milliseconds.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
PAGE = REPOSITORY / "docs/performance.md"
#: Part of the page -> the script that prints it, and its arguments.
PARTS: dict[str, tuple[str, ...]] = {
    "machine": ("this_machine.py",),
    "recognising": ("performance_recognising.py",),
    "engines": ("performance_engines.py",),
    "streaming": ("performance_streaming.py",),
    "road": ("performance_road.py",),
    "training": ("performance_training.py",),
    "preparation": ("performance_preparation.py",),
}


def replaced(page: str, part: str, text: str) -> str:
    """The page with the part's text between its marks. Raises ValueError where the page has no such marks."""
    begin, end = f"<!-- {part}: made by make benchmark -->", f"<!-- {part}: end -->"
    pattern = re.compile(f"({re.escape(begin)}\n).*?({re.escape(end)})", re.DOTALL)
    if len(pattern.findall(page)) != 1:
        raise ValueError(f"the page needs one line {begin} and one line {end} after it")
    return pattern.sub(lambda match: f"{match[1]}\n{text.strip()}\n\n{match[2]}", page)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "parts", nargs="*", choices=[*PARTS, []], help=f"of {', '.join(PARTS)}; all by default"
    )
    chosen = parser.parse_args().parts or list(PARTS)
    began = time.monotonic()
    failed = []
    for part in chosen:
        script, *arguments = PARTS[part]
        print(f"{part}: benchmarks/{script} ...", file=sys.stderr, flush=True)
        started = time.monotonic()
        command = [sys.executable, str(REPOSITORY / "benchmarks" / script), *arguments]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, cwd=REPOSITORY)
        seconds = time.monotonic() - started
        if done.returncode:
            print(f"{part}: failed with exit status {done.returncode}; its old tables stay", file=sys.stderr)
            failed.append(part)
            continue
        page = replaced(PAGE.read_text(encoding="utf-8"), part, done.stdout)
        PAGE.write_text(page, encoding="utf-8")
        print(f"{part}: {seconds:.0f} s", file=sys.stderr)
    print(f"{PAGE.relative_to(REPOSITORY)}: {(time.monotonic() - began) / 60:.1f} minutes", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
