"""The measurement of the road, each run in a process of its own, and what it says as a table."""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from app.benchmark.clip_camera import FPS, prepare_clip, prepare_empty_room
from app.errors import SessionError
from app.program import program

#: Nobody in view shall cost no more than this, in cores; the accelerated hour no more than this, in MiB.
IDLE_CORES, HOURLY_MB = 0.5, 20.0
CLIP_S = 20.0  # so much of a clip is used; it is played forth and back


def measure(
    models: Sequence[Path],
    source: str | None,
    seconds: float,
    size: tuple[int, int],
    hours: float,
    at_most_s: float,
    show: bool,
    progress: Callable[[str], None],
) -> dict[str, Any]:
    """All figures, as `as_json` has them: "runs" (one a model), "idle" (nobody in view), "hours" (memory).

    Raises SourceError for a source that is no video, SessionError where a run failed.
    """
    told: dict[str, Any] = {"source": source or "demo", "size": list(size), "fps": FPS, "runs": []}
    with tempfile.TemporaryDirectory(prefix="stgat-live-road-") as folder:
        clip, room = Path(folder, "clip"), Path(folder, "room")
        clip.mkdir()
        room.mkdir()
        common = ["--show"] if show else []
        if source is not None:
            progress(f"Preparing {source} ...")
            prepare_clip(source, clip, size, round(CLIP_S * FPS))
            common_clip = [*common, "--pictures", str(clip)]
        else:
            common_clip = common
        for model in models:
            progress(f"{model.stem}: {seconds:g} seconds ...")
            told["runs"].append(_run(["--model", str(model), "--seconds", f"{seconds}", *common_clip]))
        if source is not None:
            progress(f"Nobody in view: {seconds:g} seconds ...")
            prepare_empty_room(room, size)
            told["idle"] = _run(
                [
                    *common,
                    "--model",
                    str(models[0]),
                    "--seconds",
                    f"{seconds}",
                    "--pictures",
                    str(room),
                    "--nobody",
                ]
            )
    if hours:
        progress(f"{hours:g} hours of recorded skeletons, for {at_most_s:g} seconds at most ...")
        wish = ["--model", str(models[-1]), "--hours", f"{hours}", "--seconds", f"{at_most_s}"]
        told["hours"] = _run([*common, *wish])
    return told


def _run(arguments: list[str]) -> dict[str, Any]:
    """One run in a new process. Raises SessionError with what it said."""
    command = [*program(), "benchmark", "run", "--since", repr(time.monotonic()), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
    if done.returncode:
        said = done.stderr.strip().splitlines()
        raise SessionError(
            said[-1].removeprefix("Error: ") if said else f"a run ended with {done.returncode}"
        )
    return json.loads(done.stdout.strip().splitlines()[-1])


def as_lines(told: dict[str, Any]) -> list[str]:
    """The figures as markdown."""
    runs = told["runs"]
    if told["source"] == "demo":
        lines = ["The bundled demo, whose poses are recorded: the pose is not part of these figures.", ""]
    else:
        size = "x".join(map(str, told["size"]))
        lines = [f"A clip at {told['fps']:g} pictures a second, within {size}.", ""]
    for run in runs:
        lines += [
            f"{run['model']}: {run['seconds']:.0f} s, {run['captured']} pictures, {run['people']:.1f} people",
            "",
            *table(
                ["figure", "measured", "asked", "met"],
                [[b["figure"], b["measured"], b["asked"], "yes" if b["met"] else "NO"] for b in run["bars"]],
            ),
            "",
        ]
    names = list(dict.fromkeys(name for run in runs for name in run["stages"]))
    rows = [[name, *(_spread(run["stages"].get(name)) for run in runs)] for name in names]
    for title, key in (
        ("of which painting the picture", "painting"),
        ("frame to overlay", "overlay"),
        ("frame to decision", "to_decision"),
        ("frame to label", "label"),
        ("event loop's delay", "loop"),
    ):
        rows.append([title, *(_spread(run[key]) for run in runs)])
    rows.append(["processor, cores", *(f"{run['cpu']:.2f}" for run in runs)])
    rows.append(["of which the window's thread", *(f"{run['window_cpu']:.2f}" for run in runs)])
    rows.append(["memory, MiB, begin and end", *(_memory(run["memory"]) for run in runs)])
    lines += table(["ms: p50 / p95 / p99", *(run["model"] for run in runs)], rows)
    lines += ["", *table(["in the long run", "measured", "asked", "met"], _long_run(told))]
    return lines


def _long_run(told: dict[str, Any]) -> list[list[str]]:
    rows = []
    if idle := told.get("idle"):
        met = "yes" if idle["cpu"] <= IDLE_CORES else "NO"
        rows.append(["processor with nobody in view, cores", f"{idle['cpu']:.2f}", f"{IDLE_CORES}", met])
        shown = f"{idle['shown_fps']:.1f}"
        rows.append(
            ["pictures shown a second, nobody in view", shown, "all", "NO" if idle["dropped"] else "yes"]
        )
    if hours := told.get("hours"):
        grown = hours["grown_mb"]
        name = (
            f"memory grown in {hours['hours']:.2f} h played in {hours['seconds']:.0f} s, after a quarter, MiB"
        )
        met = grown is not None and grown <= HOURLY_MB
        rows.append(
            [name, "-" if grown is None else f"{grown:.1f}", f"{HOURLY_MB:g}", "yes" if met else "NO"]
        )
    return rows


def _spread(spread: dict[str, float] | None) -> str:
    return "-" if spread is None else " / ".join(f"{spread[part]:.1f}" for part in ("p50", "p95", "p99"))


def _memory(values: Sequence[float | None]) -> str:
    return ", ".join("-" if value is None else f"{value:.0f}" for value in values)


def table(head: list[str], rows: list[list[str]]) -> list[str]:
    """The lines of a table in markdown."""
    return [f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *rows)]
