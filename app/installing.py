"""A trained network becomes one of the user's installed models."""

from __future__ import annotations

import shutil
from pathlib import Path

from app.errors import ModelError
from app.models import SUFFIX, WEIGHTS, check_live, user_models
from app.names import checked_name
from stgat.data.atomic import replacing


class ModelThere(ModelError):  # noqa: N818 - a question, more than an error
    """There is an installed model of that name; it is replaced only by somebody who says so."""


def install_model(checkpoint: Path, name: str, replace: bool = False) -> Path:
    """Copy a checkpoint into the user's folder of models, whole or not at all; returns where it is now.

    name: what `--model` will take for it. replace: over an installed model of that name.

    Raises ModelThere where there is one and replace is not given, ModelError for a network that the camera
    cannot feed or a disk that is full, CheckpointError for a file that is no checkpoint, OutputError for a
    name that cannot be one. What was installed before is still there then.
    """
    from stgat.checkpoint import load_checkpoint

    name = checked_name(name).removesuffix(SUFFIX)
    if (WEIGHTS / f"{name}{SUFFIX}").exists():
        raise ModelError(f"{name} is a model that came with the program; choose another name.")
    check_live(load_checkpoint(checkpoint).metadata, checkpoint)  # all of it: the weights are looked at too
    target = user_models() / f"{name}{SUFFIX}"
    if target.exists() and not replace:
        raise ModelThere(f"There is a model called {name} already.")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with replacing(target) as temporary:
            shutil.copyfile(checkpoint, temporary)
    except OSError as error:
        raise ModelError(
            f"{target} cannot be written ({error.strerror or error}); check that the disk has room."
        ) from error
    return target
