"""The verb that leaves the application running for hours and looks at what grows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from app.devices import DEVICES
from app.terminal import DebugOption, console, told_as_sentences

soak_verbs = typer.Typer()


@soak_verbs.command(epilog="Example: python main.py soak --hours 8 --accelerate --output soak.md")
def soak(
    hours: Annotated[float, typer.Option(help="How many hours to play.", min=0.005)] = 8.0,
    accelerate: Annotated[
        bool, typer.Option("--accelerate", help="As fast as it goes; else at the camera's own pace.")
    ] = False,
    source: Annotated[
        str | None, typer.Option(help="A video of people for the pose; else it is given painted people.")
    ] = None,
    model: Annotated[str | None, typer.Option(help="An installed model, or a file.")] = None,
    device: Annotated[str, typer.Option(help="cpu, cuda, mps, or auto.")] = "auto",
    change_every: Annotated[
        float, typer.Option(help="Change the source about every so many minutes played.", min=0.1)
    ] = 10.0,
    seed: Annotated[int, typer.Option(help="Of everything that is drawn.", min=0)] = 0,
    say_every: Annotated[
        float, typer.Option(help="Seconds from one line on how it goes to the next.", min=0.1)
    ] = 30.0,
    output: Annotated[Path | None, typer.Option(help="Write the report there as well.")] = None,
    show: Annotated[bool, typer.Option("--show", help="Open the window on the screen.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For programs: all figures as JSON.")] = False,
    debug: DebugOption = False,
) -> None:
    """Let people come and go for hours, and report what grows: memory, threads, handles, latency.

    The demo's people, moved, mirrored and at other speeds, go through the whole application, in a window on
    no screen: they are recorded and played, sources and settings change, and now and then pictures go through
    the pose. Ctrl-C ends it with a report on what ran. The exit code is 1 where a bar is missed.
    """
    with told_as_sentences(debug):
        if device.split(":")[0] not in DEVICES:
            raise typer.BadParameter(f"{device} is none of {', '.join(DEVICES)}", param_hint="--device")
        from app.exports import check_folder
        from app.models import find_model
        from app.road import RecognizerLoader
        from app.soak.figures import bars
        from app.soak.report import about, as_markdown
        from app.soak.run import soak as run

        if output is not None:
            check_folder(output)
        named = find_model(model)
        figures = run(
            RecognizerLoader(named, device),
            hours,
            source=source,
            seed=seed,
            accelerate=accelerate,
            change_every_s=60 * change_every,
            show=show,
            say=console.print,
            say_every_s=say_every,
        )
        video = None if source is None else Path(source).name
        words = ["python main.py soak", f"--hours {hours:g}", "--accelerate" if accelerate else ""]
        words += [f"--source {video}" if video else "", f"--model {named.stem}", f"--device {device}"]
        words += [f"--change-every {change_every:g}", f"--seed {seed}"]
        told = about(" ".join(word for word in words if word), seed, named.stem, video)
        report = as_markdown(told, figures)
        typer.echo(json.dumps({**told, **figures.as_json()}, indent=2) if as_json else report)
        if output is not None:  # last: hours are not lost where it cannot be written
            output.write_text(report, encoding="utf-8")
        raise typer.Exit(0 if all(bar.met for bar in bars(figures)) else 1)
