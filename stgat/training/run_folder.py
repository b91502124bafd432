"""A run on the disk: what was asked for, on which machine, how it went, and everything needed to go on.

config.yaml        the resolved configuration
environment.json   versions, machine, git commit
metrics.jsonl      one line an epoch
tensorboard/       the same as curves
last.safetensors   weights, their average, the optimiser and the place in the epoch
best.safetensors   the checkpoint to use
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
import yaml
from pydantic import BaseModel, ConfigDict, Field
from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import Tensor, nn

from stgat.checkpoint import Metadata, save_checkpoint
from stgat.data.atomic import replacing
from stgat.errors import TrainingError
from stgat.model import STGAT
from stgat.reading import read_limited, told
from stgat.tensor_file import EntryError, open_tensors, read_entry
from stgat.training.config import TrainConfig
from stgat.training.load_config import MAX_BYTES, UNMAKEABLE, parse_yaml

CONFIG, ENVIRONMENT, METRICS, LAST, BEST = (
    "config.yaml", "environment.json", "metrics.jsonl", "last.safetensors", "best.safetensors",
)  # fmt: skip

MAX_METRICS_BYTES = 1 << 26
_PLACE = "place"
#: May differ when a run is continued: they change how fast it goes, not where.
_MACHINE_KEYS = ("device", "devices", "threads", "compile", "absent_people", "data.residence")


class Place(BaseModel):
    """How far a run is. epoch: finished ones; step: batches done of the next; the sums are of that epoch.

    loss: sum over its samples; right, seen: samples. best: the best validation top-1 so far, with its epoch.
    """

    model_config = ConfigDict(extra="forbid")

    epoch: int = Field(default=0, ge=0, le=1_000_000)
    step: int = Field(default=0, ge=0, lt=2**53)
    loss: float = 0.0
    right: float = Field(default=0.0, ge=0)
    seen: int = Field(default=0, ge=0, lt=2**53)
    seconds: float = Field(default=0.0, ge=0)
    best: float = -1.0
    best_epoch: int = Field(default=0, ge=0, le=1_000_000)


class RunFolder:
    """The folder of one run; only the first of several processes writes.

    reads_only: for the other processes, which continue a run while the first may be writing.
    Raises TrainingError where the folder holds another run, a run that is not to be continued, or nothing to
    continue.
    """

    def __init__(self, path: Path, config: TrainConfig, resume: bool, reads_only: bool = False) -> None:
        self.path = path
        asked = config.model_dump(mode="json")
        if resume:
            self._check_same(asked)
            if reads_only:
                return
            for leftover in (*path.glob(".*.tmp"), *path.glob(".*.part")):  # of a process that was killed
                leftover.unlink(missing_ok=True)
            return
        if (path / CONFIG).exists() or (path / BEST).exists():
            raise TrainingError(
                f"{path}: holds a run already; go on with it by --resume, or give another folder by --output"
            )
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise TrainingError(
                f"{path}: cannot be made ({error.strerror or error}); give another folder by --output"
            ) from error
        self._write(METRICS, "")
        self._write(ENVIRONMENT, json.dumps(environment(), indent=2) + "\n")
        # Last: what holds it can be continued.
        self._write(CONFIG, yaml.safe_dump(asked, sort_keys=False, allow_unicode=True))

    def _check_same(self, asked: dict[str, Any]) -> None:
        try:
            before = parse_yaml(read_limited(self.path / CONFIG, MAX_BYTES).decode("utf-8"))
        except FileNotFoundError:
            raise TrainingError(
                f"{self.path}: holds no run to continue; without --resume one is begun there"
            ) from None
        except (OSError, *UNMAKEABLE) as error:
            reason = told(" ".join(str(error).split()), 500)
            raise TrainingError(f"{self.path / CONFIG}: not the configuration of a run ({reason})") from error
        if not isinstance(before, dict):
            raise TrainingError(f"{self.path / CONFIG}: not the configuration of a run")
        for key, old, new in _differences(before, asked):
            if key not in _MACHINE_KEYS:
                raise TrainingError(
                    f"{self.path}: was begun with {key} = {old!r}, now it is {new!r}; continue it as it was "
                    "begun, or start another with --output"
                )

    def _write(self, name: str, text: str) -> None:
        with _writing(self.path / name), replacing(self.path / name) as path:
            path.write_text(text, encoding="utf-8")

    def save_state(
        self, place: Place, model: nn.Module, average: nn.Module, optimizer: torch.optim.Optimizer
    ) -> None:
        """Write everything that is needed to go on, whole or not at all.

        Raises TrainingError where the disk is full; what was saved before is still there then.
        """
        tensors = {f"model.{name}": value for name, value in model.state_dict().items()}
        tensors |= {f"average.{name}": value for name, value in average.state_dict().items()}
        for number, state in optimizer.state_dict()["state"].items():
            for name, value in state.items():
                if isinstance(value, Tensor):
                    tensors[f"optimizer.{number}.{name}"] = value
        ready = {name: value.detach().cpu().contiguous() for name, value in tensors.items()}
        with _writing(self.path / LAST), replacing(self.path / LAST) as path:
            save_file(ready, path, metadata={_PLACE: place.model_dump_json()})
            path.chmod(0o644)  # as the other files: safetensors makes its own private

    def save_best(self, model: STGAT, metadata: Metadata) -> str:
        """Write the checkpoint to use; returns its SHA-256. Raises TrainingError where it cannot."""
        with _writing(self.path / BEST):
            return save_checkpoint(self.path / BEST, model, metadata)

    def load_state(self, model: nn.Module, average: nn.Module, optimizer: torch.optim.Optimizer) -> Place:
        """Put a run where save_state left it; a run that saved nothing yet starts at its beginning.

        Raises TrainingError for a file that is damaged or of another network.
        """
        path = self.path / LAST
        if not path.exists():
            return Place()
        try:
            with open_tensors(path, "pt") as file:
                place = read_entry(file, _PLACE, Place)
                if place is None:
                    raise ValueError("it is no state of a run")
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            model.load_state_dict(_under("model.", tensors))
            average.load_state_dict(_under("average.", tensors))
            optimizer.load_state_dict(_with_state(optimizer, _under("optimizer.", tensors)))
        except (SafetensorError, EntryError, OSError, KeyError, ValueError, TypeError, RuntimeError) as error:
            reason = told(str(error).partition("\n")[0])
            raise TrainingError(f"{path}: cannot be continued from ({reason}); start the run anew") from error
        return place

    def keep_metrics(self, epochs: int) -> None:
        """Keep the figures of the first epochs; the others will be run again."""
        try:
            content = read_limited(self.path / METRICS, MAX_METRICS_BYTES)
        except OSError as error:
            raise TrainingError(
                f"{self.path / METRICS}: cannot be read ({error.strerror}); start the run anew"
            ) from error
        lines = content.decode("utf-8", "replace").splitlines()[:epochs]
        self._write(METRICS, "".join(f"{line}\n" for line in lines))

    def add_metrics(self, line: dict[str, Any]) -> None:
        """Append one epoch's figures."""
        with _writing(self.path / METRICS), (self.path / METRICS).open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
            file.flush()
            os.fsync(file.fileno())


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    """Trouble with the disk as a sentence; what was there before still is, since files are replaced whole."""
    try:
        yield
    except (OSError, SafetensorError) as error:  # the second where tensors do not fit on the disk
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise TrainingError(
            f"{path}: cannot be written ({reason}); what was saved before is still there: make room on the "
            "disk, then the same command with --resume goes on"
        ) from error


def _differences(before: Any, asked: Any, place: str = "") -> Iterator[tuple[str, Any, Any]]:
    """The keys, such as `model.dropout`, that say something else, and what they say."""
    if isinstance(before, dict) and isinstance(asked, dict):
        for key in sorted(before.keys() | asked.keys()):
            yield from _differences(before.get(key), asked.get(key), f"{place}.{key}" if place else key)
    elif before != asked:
        yield place, before, asked


def environment() -> dict[str, Any]:
    """What a run ran on: versions, machine, and the commit of the code where it is known."""
    gpus = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
    return {
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "packages": {name: version(name) for name in ("torch", "numpy", "lightning-fabric", "safetensors")},
        "system": platform.platform(),
        "cpus": os.cpu_count(),
        "gpus": gpus,
        "git_commit": _git_commit(),
        "command": sys.argv[1:],
    }


def _git_commit() -> str | None:
    command = ["git", "describe", "--always", "--abbrev=40", "--dirty"]
    try:
        done = subprocess.run(
            command, cwd=Path(__file__).parent, capture_output=True, text=True, timeout=10, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def _with_state(optimizer: torch.optim.Optimizer, tensors: dict[str, Tensor]) -> dict[str, Any]:
    """The optimiser's state with these tensors in it. Raises ValueError for what belongs to no parameter."""
    state = optimizer.state_dict()
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    for key, value in tensors.items():
        number, _, name = key.partition(".")
        owner = parameters[int(number)] if number.isdecimal() and int(number) < len(parameters) else None
        if owner is None or value.shape not in (owner.shape, torch.Size()):
            raise ValueError(f"optimizer.{key} is of no parameter of this network")
        state["state"].setdefault(int(number), {})[name] = value
    return state


def _under(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}
