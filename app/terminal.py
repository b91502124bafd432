"""How every verb speaks to people: where to, and what becomes of an error."""

from __future__ import annotations

import inspect
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from rich.console import Console

#: People read this one; stdout is kept for results.
console = Console(stderr=True, highlight=False, soft_wrap=True)

DebugOption = Annotated[bool, typer.Option("--debug", help="Show tracebacks and the log.")]


def fill_help(verbs: typer.Typer) -> None:
    """Let each verb's help be as wide as the terminal is.

    Typer keeps the line ends of a docstring in all its paragraphs but the first.
    """
    for verb in verbs.registered_commands:
        words = inspect.getdoc(verb.callback) or ""
        verb.help = "\n\n".join(" ".join(part.split()) for part in words.split("\n\n"))
    for group in verbs.registered_groups:
        if group.typer_instance is not None:
            fill_help(group.typer_instance)


@contextmanager
def told_as_sentences(debug: bool) -> Iterator[None]:
    """Errors that a user can meet become one sentence and exit code 1; --debug shows where they came from."""
    logging.basicConfig(level=logging.DEBUG if debug else logging.CRITICAL, stream=sys.stderr)
    if not debug:
        os.environ.setdefault("GLOG_minloglevel", "2")
    from app.errors import USER_ERRORS

    try:
        yield
    except (*USER_ERRORS, OSError) as error:
        if debug:
            raise
        console.print(f"Error: {error}", style="bold red", markup=False, soft_wrap=True)
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        console.print("Stopped.")
        raise typer.Exit(130) from None
