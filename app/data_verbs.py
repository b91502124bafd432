"""The verbs about data: make a data set ready for training, and look at one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from app.progress_file import ProgressFile, told_to_file
from app.terminal import DebugOption, console, told_as_sentences

if TYPE_CHECKING:
    from stgat.data.prepare import Progress as Step

data_verbs = typer.Typer()


@data_verbs.command(epilog="Example: python main.py prepare nw-ucla nw-ucla.zip data/nw-ucla")
def prepare(
    form: Annotated[
        str, typer.Argument(help="ntu60, nw-ucla, ...; a wrong name lists all.", metavar="FORMAT")
    ],
    source: Annotated[Path, typer.Argument(help="Its folder, archive or file.", metavar="SOURCE")],
    out: Annotated[Path, typer.Argument(help="The folder to make.", metavar="OUT")],
    missing: Annotated[
        Path | None, typer.Option(help="A list of samples to leave out, one name a line.", metavar="FILE")
    ] = None,
    jobs: Annotated[int | None, typer.Option(help="Processes; one a core by default.", min=1)] = None,
    restart: Annotated[bool, typer.Option("--restart", help="Replace what is in OUT.")] = False,
    progress: Annotated[
        Path | None, typer.Option(help="For programs: keep how far it is in this JSON file.", metavar="FILE")
    ] = None,
    stop_file: Annotated[
        Path | None, typer.Option(help="Stop as by Ctrl-C once there is this file.", metavar="FILE")
    ] = None,
    debug: DebugOption = False,
) -> None:
    """Bring a data set into the form that is trained on.

    A run that was ended is continued by the same command. What cannot be used is listed in OUT/rejected.csv.
    """
    with told_as_sentences(debug), told_to_file(ProgressFile(progress)) as tell:
        from app.preparing import outcome, shown
        from stgat.data.prepare import default_jobs, find_format
        from stgat.data.prepare import prepare as run

        found = find_format(form)
        names = read_missing(missing) if missing else frozenset()

        def follow(step: Step) -> None:
            on_progress(step)
            tell({"state": "preparing", "phase": step.phase, "done": step.done, "total": step.total})
            if stop_file is not None and stop_file.exists():
                raise KeyboardInterrupt

        try:
            with shown(console) as on_progress:
                summary = run(found, source, out, names, jobs or default_jobs(), restart, follow)
        except KeyboardInterrupt:
            console.print(f"Stopped; the same command continues with what {out} holds.", markup=False)
            raise typer.Exit(130) from None
        for line in outcome(summary):
            console.print(line, markup=False)


@data_verbs.command(epilog="Example: python main.py inspect data/nw-ucla --sample a01_s01_e00_v01")
def inspect(
    path: Annotated[
        Path, typer.Argument(help="A prepared data set, or a checkpoint (.safetensors).", metavar="PATH")
    ],
    sample: Annotated[
        str | None, typer.Option(help="Animate this sample: a name, or a number from 0.", metavar="SAMPLE")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            help="The picture: .png of the data set; .gif or .mp4 of a sample, NAME.gif by default.",
            metavar="FILE",
        ),
    ] = None,
    debug: DebugOption = False,
) -> None:
    """Look at a prepared data set, one of its samples, or a checkpoint."""
    with told_as_sentences(debug):
        from app.inspect.report import inspect as run

        written = run(path, sample, output, Console(highlight=False).print)
        if written:
            console.print(f"Wrote {written}", markup=False)


def read_missing(path: Path) -> frozenset[str]:
    """The names in one of the lists of missing skeletons that NTU RGB+D's authors publish."""
    from stgat.data.ntu import read_missing_list

    return read_missing_list(path)
