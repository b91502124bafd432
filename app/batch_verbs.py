"""The verb that recognises a whole folder."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich import box
from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars
from rich.table import Table
from rich.text import Text

from app.devices import DEVICES
from app.terminal import DebugOption, console, told_as_sentences

if TYPE_CHECKING:
    from app.batch import BatchResult, FileResult, Progress

batch_verbs = typer.Typer()


@batch_verbs.command(epilog="Example: python main.py batch videos --output results")
def batch(
    folder: Annotated[
        Path, typer.Argument(help="Its videos and recordings are recognised.", metavar="FOLDER")
    ],
    output: Annotated[Path, typer.Option(help="The folder for report.csv, report.html and results.")],
    model: Annotated[
        str | None, typer.Option(help="An installed model's name (see models), or a file.", metavar="MODEL")
    ] = None,
    device: Annotated[str, typer.Option(help=", ".join(DEVICES), metavar="DEVICE")] = "auto",
    subfolders: Annotated[bool, typer.Option(help="Look into the folders in it, too.")] = True,
    progress_json: Annotated[
        bool, typer.Option("--progress-json", help="For programs: JSON lines on standard output.")
    ] = False,
    stop_with_input: Annotated[
        bool, typer.Option("--stop-with-input", help="For programs: stop when standard input ends.")
    ] = False,
    debug: DebugOption = False,
) -> None:
    """Recognise every video and recording of a folder, into one report.

    One that cannot be read does not stop the others; it is named in the report, and the exit code is 1. A
    batch can be ended with Ctrl-C; the same command goes on with what is not done, has changed, or was
    recognised with another model.
    """
    with told_as_sentences(debug):
        from app.batch import run_batch
        from app.batch_report import write_report
        from app.cli import loader
        from app.processes import give_way
        from stgat.training.interrupts import interrupts

        recogniser = loader(model, device)
        with interrupts() as stop, lines() if progress_json else bar() as (on_progress, on_file):
            if stop_with_input:
                give_way()
                threading.Thread(target=_stop_at_end, args=(stop,), daemon=True).start()
            result = run_batch(
                folder,
                output,
                recogniser,
                subfolders=subfolders,
                stop=stop,
                on_progress=on_progress,
                on_file=on_file,
            )
        table, page = write_report(output, result, datetime.now())
        if progress_json:
            end = {"events": result.num_events, "failed": len(result.failed), "stopped": result.stopped}
            say({"type": "end", "files": len(result.files), **end, "csv": str(table), "html": str(page)})
        else:
            tell(result, table, page)
        if result.stopped:
            raise typer.Exit(130)
        raise typer.Exit(1 if result.failed else 0)


Followers = tuple[Callable[["Progress"], None], Callable[["FileResult"], None]]


@contextmanager
def bar() -> Iterator[Followers]:
    """One bar over all files on a terminal, and a line for each that cannot be read."""
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.percentage:.0f} %"),
    )
    with Bars(
        *columns, TimeRemainingColumn(), console=console, transient=True, disable=not console.is_terminal
    ) as bars:
        task = bars.add_task("starting", total=None)

        def on_progress(progress: Progress) -> None:
            text = f"{progress.done + 1} of {progress.num_files}: {progress.file}"
            bars.update(
                task, description=text, completed=progress.done + progress.share, total=progress.num_files
            )

        def on_file(result: FileResult) -> None:
            if result.error:
                console.print(f"{result.file}: {result.error}", style="yellow", markup=False)

        yield on_progress, on_file


@contextmanager
def lines() -> Iterator[Followers]:
    """A JSON line for each step of the work: progress, and each file that is done."""

    def on_file(result: FileResult) -> None:
        about = {"events": len(result.events), "error": result.error, "kept": result.kept}
        say({"type": "file", "file": result.file, **about})

    yield (
        lambda p: say(
            {
                "type": "progress",
                "done": p.done,
                "files": p.num_files,
                "file": p.file,
                "share": round(p.share, 4),
            }
        ),
        on_file,
    )


def say(line: dict[str, Any]) -> None:
    typer.echo(json.dumps(line, ensure_ascii=True))


def tell(result: BatchResult, table: Path, page: Path) -> None:
    """The table that ends the verb, and where the report is."""
    summary = Table(box=box.SIMPLE_HEAD)
    summary.add_column("File", overflow="fold")
    summary.add_column("Length", justify="right")
    summary.add_column("Events", justify="right")
    summary.add_column("")
    for file in result.files:
        note = "could not be read" if file.error else "from before" if file.kept else ""
        length = "" if file.error else f"{file.duration_s:.1f} s"
        summary.add_row(Text(file.file), length, "" if file.error else str(len(file.events)), note)
    console.print(summary)
    if result.stopped:
        console.print(
            f"Stopped after {len(result.files)} of {result.num_files} files; the same command goes on."
        )
    console.print(f"Wrote {page}", markup=False)
    console.print(f"Wrote {table}", markup=False)


def _stop_at_end(stop: threading.Event) -> None:
    """Whoever started this keeps its input open for as long as the work is wanted."""
    # Not through sys.stdin, whose lock Python takes when it ends.
    while os.read(0, 1024):
        pass
    stop.set()
