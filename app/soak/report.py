"""A soak's figures as a page that can be kept: what ran, on what, and which bars were met."""

from __future__ import annotations

import math
import os
import platform
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from app.benchmark.road import table
from app.diagnostics import PACKAGES, installed, version
from app.soak.ear import FOUND, POSED_HERE
from app.soak.figures import Figures, Slope, bars, drift
from app.soak.gauges import Held

MOST_ENDS = 12


def about(command: str, seed: int, model: str, source: str | None) -> dict[str, Any]:
    """What a run was, for its report."""
    return {
        "command": command,
        "date": date.today().isoformat(),
        "seed": seed,
        "model": model,
        "pictures": source or "painted people",
        "machine": f"{os.cpu_count()} processors ({processor()}), {platform.system()} {platform.release()}",
        "versions": {
            "STGAT Live": version(),
            "Python": platform.python_version(),
            **{name: installed(name) for name in PACKAGES},
        },
    }


def processor() -> str:
    """Its name, as far as the system tells it."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        for line in cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def as_markdown(told: dict[str, Any], of: Figures) -> str:
    """The report; ends with a line break."""
    versions = ", ".join(f"{name} {number}" for name, number in told["versions"].items())
    counts = of.counts
    lines = [
        "# Soak",
        "",
        f"    {told['command']}",
        "",
        f"{of.played_h:.2f} hours played in {of.wall_h:.2f} hours, {told['date']}, seed {told['seed']}, "
        f"model {told['model']}. Warm-up is the first {of.warm_h:.2f} hours played.",
        "",
        f"{told['machine']}; {versions}.",
        "",
        *table(
            ["asked", "measured", "bar", "met"],
            [[bar.figure, bar.measured, bar.asked, "yes" if bar.met else "**NO**"] for bar in bars(of)],
        ),
        "",
        *table(["what went through", "count"], [[name, f"{count:,}"] for name, count in counts.items()]),
        "",
        _of_pose(told["pictures"], of),
        "",
        "## Growth",
        "",
        "Memory is what is resident (RSS), in MB of a million bytes; at the ends of stretches of people "
        "what is free was given back. Slopes are Theil and Sen's over these ends, with 95 % intervals.",
        "",
        *table(
            ["memory", "MB"],
            [
                ["at the start", _mb(of.start_mb)],
                *([f"at {one.played_h:.2f} h played", _mb(one.memory_mb)] for one in _some(of.held)),
                ["growth in an hour played", _slope(of.a_played_hour)],
                ["growth in an hour of the clock", _slope(of.a_wall_hour)],
            ],
        ),
        "",
        "Each tenth after warm-up: medians; of threads and handles the least and the most.",
        "",
        *table(
            [
                "played, h",
                "clock, min",
                "memory, MB",
                "threads",
                "handles",
                "answer, ms",
                "its CPU, ms",
                "load",
            ],
            [
                [
                    f"{part.played_h:.2f}",
                    f"{part.wall_min:.1f}",
                    _mb(part.memory_mb),
                    "{:.0f} - {:.0f}".format(*part.threads),
                    "{:.0f} - {:.0f}".format(*part.handles),
                    f"{part.answer_ms:.1f}",
                    f"{part.answer_cpu_ms:.1f}",
                    f"{part.load:.1f}",
                ]
                for part in of.parts
            ],
        ),
        "",
        "An answer's time is from when recognition takes up a picture to the decision; its CPU that of "
        f"recognition's thread. The last tenth's CPU is {drift(of):.2f} of the first's.",
        "",
    ]
    if of.grown:
        lines += [
            "Python objects at the ends of the second such stretch and of the last; those that grew most:",
            "",
            *table(
                ["type", "first", "last"],
                [[f"`{name}`", f"{first:,}", f"{last:,}"] for name, (first, last) in of.grown.items()],
            ),
            "",
        ]
    if of.failures:
        lines += ["Failures:", "", *(f"- {failure}" for failure in of.failures), ""]
    if of.left:
        lines += [f"Threads left when the window was closed: {', '.join(of.left)}.", ""]
    return "\n".join(lines)


def _of_pose(pictures: str, of: Figures) -> str:
    if not of.with_pose:
        return "The pose's model file was not there: no picture went through the pose."
    return (
        f"Pictures for the pose: {pictures}. Of {of.counts.get(POSED_HERE, 0):,} it found "
        f"{of.counts.get(FOUND, 0):,} people."
    )


def _some(held: Sequence[Held]) -> Sequence[Held]:
    """At most MOST_ENDS of them, evenly, with the first and the last."""
    count = min(len(held), MOST_ENDS)
    return [held[round(number * (len(held) - 1) / max(1, count - 1))] for number in range(count)]


def _mb(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.1f}"


def _slope(slope: Slope | None) -> str:
    return "-" if slope is None else f"{slope.value:+.2f} ({slope.low:+.2f} to {slope.high:+.2f})"
