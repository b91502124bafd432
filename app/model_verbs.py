"""The verb about the models that are there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from app.terminal import DebugOption, told_as_sentences

model_verbs = typer.Typer()


@model_verbs.command(epilog="Example: python main.py models --no-labels")
def models(
    chosen: Annotated[
        list[str] | None,
        typer.Argument(help="Installed names or files; all by default.", metavar="MODEL", show_default=False),
    ] = None,
    folder: Annotated[
        list[Path] | None, typer.Option(help="A further folder of models; may be given several times.")
    ] = None,
    labels: Annotated[bool, typer.Option(help="Whether to list what each model can name.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="For programs: a JSON list.")] = False,
    debug: DebugOption = False,
) -> None:
    """The installed models: what they can name, how large they are, and how often they are right.

    The --model of every verb takes a name from this list. One that is asked for here and cannot be used is
    an error.
    """
    with told_as_sentences(debug):
        from app.model_tables import models_view
        from app.models import list_models

        found = list_models(folder or (), chosen or ())
        if as_json:
            typer.echo(json.dumps([model.as_json() for model in found], indent=2, ensure_ascii=False))
        else:
            Console(highlight=False).print(models_view(found, labels))
        if chosen and any(model.error for model in found):
            raise typer.Exit(1)


@model_verbs.command(hidden=True)
def time_engines(
    model: Annotated[Path, typer.Argument(metavar="FILE")],
    debug: DebugOption = False,
) -> None:
    """Find out which way to compute a model is the fastest here; the window calls it."""
    with told_as_sentences(debug):
        from app.engines import learn
        from app.processes import give_way

        give_way()
        found = learn(model)
        for name, seconds in (found.seconds if found else {}).items():
            typer.echo(f"{name}: {1e3 * seconds:.1f} ms")
