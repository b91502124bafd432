"""The verb that trains a network."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.terminal import DebugOption, console, told_as_sentences

if TYPE_CHECKING:
    pass

training_verbs = typer.Typer()


@training_verbs.command(epilog="Example: python main.py train configs/nw-ucla-joint.yaml epochs=20")
def train(
    config: Annotated[Path, typer.Argument(help="A YAML file of configs/.", metavar="CONFIG")],
    overrides: Annotated[
        list[str] | None, typer.Argument(help="Changes to it.", metavar="[KEY=VALUE]...")
    ] = None,
    output: Annotated[Path | None, typer.Option(help="The run's folder; default: runs/NAME.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the run in that folder.")] = False,
    debug: DebugOption = False,
) -> None:
    """Train a network; the run is kept in a folder, can be ended with Ctrl-C and continued with --resume.

    Several GPUs: devices=N, or torchrun for several hosts.
    """
    with told_as_sentences(debug):
        from app.training_progress import shown
        from stgat.errors import TrainingStopped
        from stgat.training.load_config import load_config
        from stgat.training.train import train as run

        settings = load_config(config, overrides)
        folder = output or Path("runs") / settings.name
        try:
            with shown(console) as report:
                checkpoint = run(settings, report, folder, resume)
        except TrainingStopped as stopped:
            console.print(f"{str(stopped).capitalize()}.", markup=False)
            raise typer.Exit(130) from None
        if not checkpoint.sha256:
            return  # another process tells
        for name, value in checkpoint.metadata.metrics.items():
            console.print(
                f"{name}: {value:.2f} %" if name.startswith("validation") else f"test {name}: {value:.2f} %"
            )
        console.print(
            f"Wrote {folder / 'best.safetensors'} (sha256 {checkpoint.sha256[:16]}...)", markup=False
        )
