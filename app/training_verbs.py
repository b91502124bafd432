"""The verb that trains a network."""

from __future__ import annotations

import signal
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.progress_file import ProgressFile, Tell, told_to_file
from app.terminal import DebugOption, console, told_as_sentences

if TYPE_CHECKING:
    from stgat.training.config import AnyTrainConfig
    from stgat.training.progress import Progress as Step

training_verbs = typer.Typer()


@training_verbs.command(epilog="Example: python main.py train configs/nw-ucla-joint.yaml epochs=20")
def train(
    arguments: Annotated[
        list[str],
        typer.Argument(
            help="YAML files of configs/, and changes to them.", metavar="CONFIG... [KEY=VALUE]..."
        ),
    ],
    output: Annotated[Path | None, typer.Option(help="The run's folder; default: runs/NAME.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the run in that folder.")] = False,
    holdout_subjects: Annotated[
        str | None,
        typer.Option(metavar="1,2,...", help="Training subjects that are the validation part instead."),
    ] = None,
    progress: Annotated[
        Path | None, typer.Option(help="For programs: keep how far it is in this JSON file.", metavar="FILE")
    ] = None,
    stop_file: Annotated[
        Path | None, typer.Option(help="Stop as by Ctrl-C once there is this file.", metavar="FILE")
    ] = None,
    debug: DebugOption = False,
) -> None:
    """Train a network, or one a configuration, one after the other.

    Each run is kept in a folder of its own, can be ended with Ctrl-C and continued with --resume.
    Several GPUs: devices=N, or torchrun for several hosts.
    """
    with told_as_sentences(debug), told_to_file(progress_of(progress)) as tell:
        from stgat.training.load_config import load_config
        from stgat.training.run_folder import CONFIG

        overrides = [argument for argument in arguments if "=" in argument]
        if holdout_subjects is not None:
            overrides.append(f"data.holdout_subjects=[{holdout_subjects}]")
        files = [Path(argument) for argument in arguments if "=" not in argument]
        if not files:
            raise typer.BadParameter("name at least one configuration", param_hint="CONFIG")
        if output and len(files) > 1:
            raise typer.BadParameter("one folder cannot hold several runs", param_hint="--output")
        # All of them first: a mistake in the last should not be found tomorrow.
        settings = [load_config(file, overrides) for file in files]
        for config in settings:
            folder = output or Path("runs") / config.name
            # Of several runs that were stopped, the later ones have not begun; nor has one without a CONFIG.
            begun = len(settings) == 1 or (folder / CONFIG).is_file()
            train_one(config, folder, resume and begun, tell, stop_file)


def progress_of(path: Path | None) -> ProgressFile:
    """The file, for the one process of a run that speaks."""
    from app.training_progress import is_first_process

    return ProgressFile(path if is_first_process() else None)


def train_one(
    config: AnyTrainConfig,
    folder: Path,
    resume: bool,
    tell: Tell = lambda fields: None,
    stop_file: Path | None = None,
) -> None:
    """One run, told on the terminal and to `tell`. Raises typer.Exit(130) where it was stopped."""
    from app.training_progress import is_first_process, shown
    from stgat.errors import TrainingStopped
    from stgat.training.train import train as run

    stopping = False

    def follow(step: Step) -> None:
        nonlocal stopping
        report(step)
        tell({"state": "training", **asdict(step)})
        if stop_file is not None and not stopping and stop_file.exists():
            stopping = True
            signal.raise_signal(signal.SIGINT)  # training answers the first one by saving

    try:
        with shown(console) as report:
            checkpoint = run(config, follow, folder, resume)
    except TrainingStopped as stopped:
        if is_first_process():
            console.print(f"Training {stopped}.", markup=False)
        raise typer.Exit(130) from None
    if not checkpoint.sha256:
        return  # another process tells
    for name, value in checkpoint.metadata.metrics.items():
        measured = name if name.startswith("validation") else f"test {name}"
        console.print(f"{measured}: {value:.2f} %")
    best = folder / "best.safetensors"
    console.print(f"Wrote {best} (sha256 {checkpoint.sha256[:16]}...)", markup=False)
