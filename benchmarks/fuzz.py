"""Has a coverage-guided fuzzer (atheris, over libFuzzer) look for files that break the readers.

    python benchmarks/fuzz.py skeleton kinetics --runs 100000 --seed 1 [--corpus FOLDER]
        [--report docs/campaigns/fuzzing.md]

`all` is every target of tests/fuzzing/targets.py. Each is fuzzed in a process of its own, whose address space
is limited; each input is written to a file in memory and read as the application reads it, under the promises
of tests/fuzzing/target.py. The memory of every 50th input is measured. Afterwards memory and time are
measured on inputs of 1 MB, made by repeating pieces of what was found (tests.fuzzing.mutations.stretch).

What breaks a promise is stored, the first input of its kind, in FOLDER/TARGET/findings: mend the reader and
move it to tests/fuzzing/regressions/TARGET, which the campaign begins with and the tests replay. The corpus
in FOLDER is taken up again by the next campaign. Exit code 1 where anything was found. Linux alone.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time
import traceback
import warnings
from datetime import UTC, datetime
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from random import Random
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY))
#: What coverage is counted in: the project's code, and Python's own that it has files read by.
INSTRUMENTED = ["stgat", "app", "zipfile", "pickletools"]
IN_MEMORY = Path("/dev/shm")
MEASURE_EVERY = 50
STRETCHED = 10
ADDRESS_SPACE = 8 * 2**30


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("targets", nargs="+", metavar="TARGET")
    parser.add_argument("--runs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--corpus", type=Path, help="what was found before, and is kept for the next time")
    parser.add_argument("--report", type=Path, help="the table that this campaign's lines go into")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)  # fuzz one in this process
    options = parser.parse_args()
    if options.here:
        fuzz_here(options.targets[0], options.runs, options.seed, options.corpus)
        return
    from tests.fuzzing.targets import TARGETS

    names = list(TARGETS) if options.targets == ["all"] else options.targets
    if unknown := [name for name in names if name not in TARGETS]:
        parser.error(f"no target is called {unknown[0]}; known are {', '.join(TARGETS)}")
    with tempfile.TemporaryDirectory(prefix="fuzz-") as temporary:
        corpus = options.corpus or Path(temporary)
        found = 0
        for name in names:
            result = fuzz(name, options.runs, options.seed, corpus / name)
            found += len(result["findings"])
            print(row(result), flush=True)
            for finding in result["findings"].values():
                print(f"    {finding}", flush=True)
            if options.report:
                enter(options.report, result, options.runs, options.seed)
    sys.exit(found > 0)


def fuzz(name: str, runs: int, seed: int, corpus: Path) -> dict[str, Any]:
    """One target in a process of its own. Returns what it measured."""
    for folder in ("corpus", "findings"):
        (corpus / folder).mkdir(parents=True, exist_ok=True)
    command = [sys.executable, __file__, name, "--here", "--runs", str(runs), "--seed", str(seed)]
    log = corpus / "log.txt"
    (corpus / "result.json").unlink(missing_ok=True)
    with log.open("wb") as file:
        code = subprocess.run(
            [*command, "--corpus", str(corpus)], stdout=file, stderr=file, cwd=REPOSITORY, check=False
        ).returncode
    said = log.read_text(errors="replace")
    path = corpus / "result.json"
    result: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {"name": name, "findings": {}}
    result["edges"] = max(map(int, re.findall(r"\bcov: (\d+)", said)), default=0)
    if code:
        result["findings"]["died"] = f"the process died with {code}: {said.strip()[-300:]}"
    return result


def fuzz_here(name: str, runs: int, seed: int, corpus: Path) -> None:
    """Fuzz one target in this process, which this ends."""
    import atheris

    with atheris.instrument_imports(include=INSTRUMENTED):
        from tests.fuzzing.regressions import regressions
        from tests.fuzzing.target import run
        from tests.fuzzing.targets import TARGETS

        target = TARGETS[name]
        seeds = [*target.seeds(), *regressions(name)]
        with tempfile.TemporaryDirectory() as folder:  # what the reader imports when it is first called
            run(target, seeds[0], Path(folder))
    from tests.fuzzing.mutations import mutate

    warnings.simplefilter("error")
    begun = corpus / "seeds"
    begun.mkdir(exist_ok=True)
    for number, content in enumerate(seeds):
        (begun / f"{number:03}").write_bytes(content)
    campaign = Campaign(target, corpus, runs, seed)
    gc.freeze()  # what was imported stays
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))

    def change(content: bytes, max_size: int, seed: int) -> bytes:
        random = Random(seed)
        if random.random() < 0.5:
            return atheris.Mutate(content, max_size)
        return mutate(content, seeds, target.tokens, random)[:max_size]

    options = [
        sys.argv[0], f"-seed={seed}", f"-max_len={target.max_bytes}", "-timeout=30", "-rss_limit_mb=0",
        "-len_control=0", f"-artifact_prefix={corpus}/findings/", str(corpus / "corpus"), str(begun),
    ]  # fmt: skip
    atheris.Setup(options, campaign.one, custom_mutator=change)
    atheris.Fuzz()


class Campaign:
    """Counts and measures the inputs of one target, and keeps the first finding of each kind."""

    def __init__(self, target: Any, corpus: Path, runs: int, seed: int) -> None:
        self.target, self.corpus, self.runs, self.seed = target, corpus, runs, seed
        self.count = self.read = 0
        self.slowest = self.factor = self.most = 0.0
        self.findings: dict[str, str] = {}
        self.begun = time.monotonic()
        self._room = tempfile.TemporaryDirectory(prefix="fuzz-", dir=IN_MEMORY)
        self.folder = Path(self._room.name)

    def one(self, content: bytes) -> None:
        """What atheris calls with each input."""
        self.count += 1
        self._try(content, self.count % MEASURE_EVERY == 0)
        if self.count == self.runs:
            self._end()

    def _try(self, content: bytes, measure: bool) -> Any:
        from tests.fuzzing.target import FindingError, run

        try:
            outcome = run(self.target, content, self.folder, measure)
        except FindingError as finding:
            self._keep(content, finding)
            return None
        self.read += not outcome.error
        if not measure:
            self.slowest = max(self.slowest, outcome.seconds)
        self.most = max(self.most, outcome.memory)
        return outcome

    def _keep(self, content: bytes, finding: Any) -> None:
        trace = traceback.extract_tb((finding.__cause__ or finding).__traceback__)
        ours = [
            frame for frame in trace if not frame.filename.endswith(("fuzz.py", "target.py", "_targets.py"))
        ]
        place = f"{Path(ours[-1].filename).name}:{ours[-1].lineno}" if ours else "target"
        kind = f"{finding.kind} at {place}"
        if kind not in self.findings:
            name = sha256(content).hexdigest()[:12]
            self.findings[kind] = f"{name} {kind}: {finding}"[:500]
            (self.corpus / "findings" / name).write_bytes(content)

    def _end(self) -> None:
        """Measure long inputs, write what was measured, and end the process."""
        from tests.fuzzing.mutations import stretch

        signal.setitimer(signal.ITIMER_REAL, 0)  # libFuzzer's limit for one input
        seconds = time.monotonic() - self.begun
        random = Random(self.seed)
        corpus = sorted((self.corpus / "seeds").iterdir()) + sorted((self.corpus / "corpus").iterdir())
        for number in range(STRETCHED):
            path = corpus[number] if number < len(corpus) // 4 else random.choice(corpus)
            content = stretch(path.read_bytes(), self.target.stretched, random)
            self._try(content, measure=False)
            outcome = self._try(content, measure=True)
            if outcome is not None and outcome.size >= self.target.stretched // 4:
                self.factor = max(self.factor, outcome.memory / outcome.size)
        told = {
            "name": self.target.name, "inputs": self.count, "read": self.read, "seconds": round(seconds),
            "corpus": len(corpus), "findings": self.findings, "slowest_s": round(self.slowest, 2),
            "factor": round(self.factor, 1), "most_mib": round(self.most / 2**20, 1),
        }  # fmt: skip
        (self.corpus / "result.json").write_text(json.dumps(told))
        self._room.cleanup()
        sys.stdout.flush()
        os._exit(0)


HEAD = (
    "| target | inputs | seconds | edges | inputs kept | findings open | regressions | longest, s "
    "| most memory, MiB | memory / file, 1 MB |\n"
    "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
)


def row(result: dict[str, Any]) -> str:
    """A line of the report's table."""
    from tests.fuzzing.regressions import regressions

    name = result["name"]
    if "inputs" not in result:
        return f"| {name} | died |"
    cells = (
        name, f"{result['inputs']:,}", result["seconds"], result["edges"], result["corpus"],
        len(result["findings"]), len(regressions(name)), result["slowest_s"], result["most_mib"],
        result["factor"],
    )  # fmt: skip
    return f"| {' | '.join(map(str, cells))} |"


def enter(report: Path, result: dict[str, Any], runs: int, seed: int) -> None:
    """Put a target's line into the report, in place of the one it had."""
    from tests.fuzzing.target import MAX_MEMORY_FACTOR, MEMORY_FLOOR

    before = report.read_text(encoding="utf-8").splitlines() if report.exists() else []
    rows = {line.split("|")[1].strip(): line for line in before if line.startswith("| ")}
    rows = {name: line for name, line in rows.items() if name not in ("target", "---")}
    rows[result["name"]] = row(result)
    command = f"python benchmarks/fuzz.py TARGET --runs {runs} --seed {seed}"
    report.parent.mkdir(parents=True, exist_ok=True)
    lines = [
        "# Fuzzing of the readers", "",
        f"`{command} --report {report.as_posix()}`: {datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores,",
        f"Python {sys.version.split()[0]}, atheris {version('atheris')}, numpy {version('numpy')}, "
        f"scipy {version('scipy')}.", "",
        "Edges: places in the code that the inputs reached. Findings open: promises broken in this campaign.",
        "Regressions: inputs that broke one before, mended; campaigns begin with them and tests replay them.",
        f"Most memory: of the measured inputs; the limit is {MEMORY_FLOOR >> 20} MiB and {MAX_MEMORY_FACTOR} "
        "times the file.", "",
        HEAD, *sorted(rows.values()), "",
    ]  # fmt: skip
    report.write_text("\n".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
