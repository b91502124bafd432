"""The verbs that measure the application itself."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Annotated

import typer

from app.terminal import DebugOption, console, told_as_sentences

benchmark_verbs = typer.Typer(
    help="How fast the application is on this machine.",
    epilog="Example: python main.py benchmark road --source clip.mp4",
    no_args_is_help=True,
)

SHIPPED = ("stgat-actions", "stgat-actions-small")
JsonOption = Annotated[bool, typer.Option("--json", help="For programs: all figures as JSON.")]


@benchmark_verbs.command(epilog="Example: python main.py benchmark road --source clip.mp4")
def road(
    source: Annotated[
        str | None,
        typer.Option(help="A video of people in a camera's place; else the demo, without the pose."),
    ] = None,
    model: Annotated[
        list[str] | None, typer.Option(help="An installed model or a file; both that came by default.")
    ] = None,
    seconds: Annotated[float, typer.Option(help="How long to measure each model.", min=1.0)] = 20.0,
    size: Annotated[str, typer.Option(help="The camera's picture.", metavar="WIDTHxHEIGHT")] = "640x480",
    hours: Annotated[float, typer.Option(help="Hours of skeletons to play for the memory.", min=0.0)] = 1.0,
    at_most: Annotated[float, typer.Option(help="Seconds that these may take.", min=1.0)] = 60.0,
    show: Annotated[bool, typer.Option("--show", help="Open the window on the screen.")] = False,
    as_json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Measure the live road: where each millisecond goes from camera to label, and whether the bars are met.

    The video plays in a camera's place, 30 pictures a second, in a window on no screen. It is played forth
    and back for as long as it takes. Leave the machine to itself meanwhile.
    """
    with told_as_sentences(debug):
        from app.benchmark.road import as_lines, measure
        from app.models import find_model
        from app.sources import CameraWish

        sides = CameraWish.parse(size, "any").size
        if sides is None:
            raise typer.BadParameter("write width x height in pixels, such as 640x480", param_hint="--size")
        told = measure(
            [find_model(name) for name in model or SHIPPED],
            source,
            seconds,
            sides,
            hours,
            at_most,
            show,
            console.print,
        )
        typer.echo(json.dumps(told, indent=2) if as_json else "\n".join(as_lines(told)))


@benchmark_verbs.command(hidden=True)
def run(
    model: Annotated[Path, typer.Option()],
    seconds: Annotated[float, typer.Option()],
    since: Annotated[float | None, typer.Option(help="When this process was started.")] = None,
    pictures: Annotated[Path | None, typer.Option()] = None,
    nobody: Annotated[bool, typer.Option("--nobody")] = False,
    hours: Annotated[float, typer.Option()] = 0.0,
    show: Annotated[bool, typer.Option("--show")] = False,
    debug: DebugOption = False,
) -> None:
    """One run of `road`, in this process; prints a line of JSON."""
    with told_as_sentences(debug):
        from app.benchmark.run import measure_hours, measure_road

        if hours:
            told = measure_hours(model, hours, seconds, show)
        else:
            since = time.monotonic() if since is None else since
            told = measure_road(model, pictures, seconds, since, show, nobody).as_json()
        typer.echo(json.dumps(told))
