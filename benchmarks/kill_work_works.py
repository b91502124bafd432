"""The two kinds of work that benchmarks/kill_work.py interrupts: how each is run, looked at and compared."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from pathlib import Path
from typing import Any, Protocol

import yaml

from benchmarks.generated_ntu import generate
from stgat.data.parts import Part
from stgat.data.plan import PARTS, PLAN, Plan
from stgat.data.prepared import DATASET, JOINTS, open_prepared
from stgat.errors import CheckpointError, DataError, TrainingError

DISTINCT_FILES = 40
JOBS = 2
NUM_LABELS = 60
#: Of one frame of one person in a part.
ROW_BYTES = 25 * 3 * 4
TIMINGS = ("samples_per_s", "waiting_percent", "seconds")


class Work(Protocol):
    """Work that can be interrupted; `out` is the folder it makes.

    begun, ending: whether it has written its first file, or is at its end. faults: sentences on files that
    would be taken for good and are not. done: what must not be done again. said: the line that tells how a
    run went on. differences: sentences on what is not as in the reference.
    """

    name: str
    reference: Path

    def place(self, scratch: Path) -> None: ...
    def arguments(self, out: Path) -> list[str]: ...
    def begun(self, out: Path) -> bool: ...
    def ending(self, out: Path) -> bool: ...
    def left(self, out: Path) -> str: ...
    def faults(self, out: Path) -> list[str]: ...
    def done(self, out: Path) -> Any: ...
    def said(self, log: str) -> str: ...
    def differences(self, out: Path, done: Any, said: str) -> list[str]: ...


class PrepareWork:
    """A made-up NTU RGB+D with a damaged file in it, by two worker processes."""

    name = "prepare"

    def __init__(self, num_samples: int) -> None:
        self._num_samples = num_samples

    def place(self, scratch: Path) -> None:
        self.reference = scratch / "prepared"
        self._source = generate(scratch, self._num_samples, DISTINCT_FILES)
        damaged = sorted(self._source.iterdir())[self._num_samples // 3]
        cut = damaged.read_bytes()[:5000]
        damaged.unlink()  # first: it is one of several names of a file
        damaged.write_bytes(cut)

    def arguments(self, out: Path) -> list[str]:
        return ["prepare", "ntu60", str(self._source), str(out), "--jobs", str(JOBS)]

    def begun(self, out: Path) -> bool:
        return (out / PLAN).exists()

    def ending(self, out: Path) -> bool:
        return (out / JOINTS).exists() or (out / f".{JOINTS}.tmp").exists()

    def left(self, out: Path) -> str:
        if not out.exists():
            return "nothing"
        torn = sum(1 for path in out.rglob(".*") if path.is_file())
        whole = sum(1 for _ in self._finished_parts(out))
        finished = ", all finished" if (out / DATASET).exists() else ""
        return f"{whole} parts, {torn} half-written files{finished}"

    def faults(self, out: Path) -> list[str]:
        wrong = []
        if (out / PLAN).exists():
            Plan.model_validate_json((out / PLAN).read_bytes())
        expected = (self.reference / JOINTS).read_bytes()
        for part in self._finished_parts(out):
            if part.count(ROW_BYTES) is None:
                wrong.append(f"part {part.name} has a table and is not whole")
            elif part.joints.read_bytes() not in expected:
                wrong.append(f"part {part.name} holds other joints")
        try:
            open_prepared(out, verify=True)
        except DataError as error:
            if (out / DATASET).exists():
                wrong.append(str(error))
        return wrong

    def done(self, out: Path) -> int:
        return sum(part.count(ROW_BYTES) or 0 for part in self._finished_parts(out))

    def said(self, log: str) -> str:
        told = re.search(r"\S* recordings? read|all recordings were read before|is prepared already", log)
        return told.group() if told else ""

    def differences(self, out: Path, done: int, said: str) -> list[str]:
        found, expected = _content(out), _content(self.reference)
        names = sorted(found.keys() | expected.keys())
        wrong = [f"{name} differs" for name in names if found.get(name) != expected.get(name)]
        read = int(said.partition(" ")[0]) if said[:1].isdigit() else 0
        if read + done != self._num_samples and "already" not in said:
            wrong.append(f"{done} recordings were done and {read} were read")
        return wrong

    @staticmethod
    def _finished_parts(out: Path) -> list[Part]:
        return [
            Part(out / PARTS, path.stem)
            for path in sorted((out / PARTS).glob("*.csv"))
            if not path.name.startswith(".") and not path.name.endswith(".rejected.csv")
        ]


def _content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


class TrainWork:
    """A tiny network with everything random on: dropout, augmentation, a validation part, an average."""

    name = "train"

    def __init__(self, prepared: Path, epochs: int) -> None:
        self._prepared, self._epochs = prepared, epochs

    def place(self, scratch: Path) -> None:
        self.reference = scratch / "trained"
        self._config = scratch / "tiny.yaml"
        told = {
            "name": "tiny",
            "data": {
                "path": str(self._prepared),
                "split": "ntu60-xsub",
                "holdout_subjects": [35, 38],
            },
            "preprocessing": {"num_frames": 8},
            "model": {"blocks": [[8, 8, 2]], "num_heads": 2, "dropout": 0.3},
            "augment": {"turn_deg": 30, "scale": 0.1, "jitter": 0.02, "mirror": 0.5},
            "epochs": self._epochs,
            "batch_size": 32,
            "warmup_epochs": 2,
            "ema_decay": 0.9,
            "precision": "fp32",
            "device": "cpu",
            "threads": 1,
        }
        self._config.write_text(yaml.safe_dump(told))

    def arguments(self, out: Path) -> list[str]:
        told = ["train", str(self._config), "--output", str(out)]
        return [*told, "--resume"] if self.begun(out) else told

    def begun(self, out: Path) -> bool:
        return (out / "config.yaml").exists()

    def ending(self, out: Path) -> bool:
        return len(_lines(out)) >= self._epochs

    def left(self, out: Path) -> str:
        if not out.exists():
            return "nothing"
        torn = sum(1 for path in out.glob(".*") if path.is_file())
        state = "no state"
        if (out / "last.safetensors").exists():
            place = _place(out / "last.safetensors")
            state = f"state of epoch {place['epoch'] + 1}, step {place['step']}"
        return f"{state}; {len(_lines(out))} epochs' figures, {torn} half-written files"

    def faults(self, out: Path) -> list[str]:
        from stgat.checkpoint import load_checkpoint
        from stgat.training.load_config import load_config

        whole = [name for name in ("config.yaml", "environment.json") if (out / name).exists()]
        wrong = [f"{name} is torn" for name in whole if not yaml.safe_load((out / name).read_text())]
        if not self.begun(out):
            return wrong
        if load_config(out / "config.yaml") != load_config(self.reference / "config.yaml"):
            wrong.append("config.yaml differs")
        try:
            if (out / "best.safetensors").exists():
                load_checkpoint(out / "best.safetensors")
            if (out / "last.safetensors").exists():
                epoch = _load_state(out)
                if len(_lines(out)) < epoch:
                    wrong.append(f"{epoch} epochs are done and {len(_lines(out))} have figures")
        except (CheckpointError, TrainingError) as error:
            wrong.append(str(error))
        return wrong

    def done(self, out: Path) -> list[str]:
        """The lines of the epochs that are done, with the seconds they took: they must stay as they are."""
        last = out / "last.safetensors"
        return _lines(out)[: _place(last)["epoch"]] if last.exists() else []

    def said(self, log: str) -> str:
        epochs = re.findall(r"^epoch +([0-9]+)/", log, re.MULTILINE)
        return f"epochs {epochs[0]} to {epochs[-1]} run" if epochs else "no epoch run"

    def differences(self, out: Path, done: list[str], said: str) -> list[str]:
        wrong = []
        if (out / "best.safetensors").read_bytes() != (self.reference / "best.safetensors").read_bytes():
            wrong.append("best.safetensors differs")
        if _figures(out) != _figures(self.reference):
            wrong.append("the figures of an epoch differ")
        if _lines(out)[: len(done)] != done:
            wrong.append("an epoch that was done was run again")
        found, expected = (_state(folder / "last.safetensors") for folder in (out, self.reference))
        if found != expected:
            wrong.append("last.safetensors differs")
        if left := [path.name for path in out.glob(".*")]:
            wrong.append(f"{', '.join(left)} is left over")
        return wrong


def _lines(out: Path) -> list[str]:
    """The whole lines of metrics.jsonl."""
    path = out / "metrics.jsonl"
    return path.read_text().split("\n")[:-1] if path.exists() else []


def _figures(out: Path) -> list[dict[str, float]]:
    return [{k: v for k, v in json.loads(line).items() if k not in TIMINGS} for line in _lines(out)]


def _place(path: Path) -> dict[str, Any]:
    from safetensors import safe_open

    with safe_open(path, framework="pt") as file:
        return json.loads(file.metadata()["place"])


def _state(path: Path) -> tuple[dict[str, Any], dict[str, bytes]]:
    """The place in the run without its seconds, and every tensor's bytes."""
    from safetensors import safe_open

    with safe_open(path, framework="numpy") as file:
        return _place(path) | {"seconds": 0}, {name: file.get_tensor(name).tobytes() for name in file.keys()}  # noqa: SIM118


def _load_state(out: Path) -> int:
    """The finished epochs of a run's state, loaded as `train` loads it. Raises TrainingError."""
    from stgat.networks import build
    from stgat.training.load_config import load_config
    from stgat.training.optimization import make_optimizer
    from stgat.training.run_folder import RunFolder

    with tempfile.TemporaryDirectory() as name:  # a copy: to go on begins with clearing up
        copy = Path(shutil.copytree(out, Path(name) / "run"))
        config = load_config(copy / "config.yaml")
        networks = [build(config.network(NUM_LABELS, "ntu25")) for _ in range(2)]
        folder = RunFolder(copy, config, resume=True)
        return folder.load_state(*networks, make_optimizer(networks[0], config)).epoch
