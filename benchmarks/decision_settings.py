"""The option --set of the benchmarks that decide as the application does."""

from __future__ import annotations

import argparse

from pydantic import ValidationError

from app.decisions import DecisionSettings


def add_set(parser: argparse.ArgumentParser) -> None:
    """Settings of the decision instead of the defaults."""
    parser.add_argument("--set", nargs="+", default=[], metavar="NAME=VALUE", dest="changes")


def chosen(parser: argparse.ArgumentParser, options: argparse.Namespace) -> DecisionSettings:
    """The settings asked for; one that does not exist or fit ends the program, as any wrong option does."""
    changes = dict(change.partition("=")[::2] for change in options.changes)
    try:
        return DecisionSettings.model_validate_strings(changes)
    except ValidationError as error:
        problem = error.errors()[0]
        parser.error(f"--set {'.'.join(map(str, problem['loc']))}: {problem['msg']}")
