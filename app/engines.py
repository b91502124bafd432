"""What computes a network on this processor, and which of the ways is the fastest here.

That depends on the processor, its cores and the network's size, so it is measured, once for each size of
network, and remembered in engines.json among the user's files. To measure takes some seconds, most of them to
import what makes ONNX programs, so nobody waits for it: the window has it done beside itself
(app.ui.engine_timing), and what came of it counts from the next time a model is loaded.
"""

from __future__ import annotations

import functools
import json
import logging
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app.devices import processor
from app.models import answer_operations
from app.settings import home
from stgat.reading import read_limited, told
from stgat.whole_file import whole_file

if TYPE_CHECKING:
    from stgat.checkpoint import Checkpoint, Metadata

#: As `--device` takes them. The last one rounds to bfloat16: its logits are up to two percent off, so it is
#: there for those who ask for it.
EXACT = ("cpu", "onnxruntime")
ENGINES = (*EXACT, "cpu-bf16")
#: Largest difference of the probabilities between two exact ways.
TOLERANCE = 1e-3
#: A network of no more operations a window than this is answered by one thread: about 100 ms of one core.
ONE_THREAD_OPERATIONS = 4e9
#: Another way must save a quarter of an answer's time: it takes a second more to be made ready.
WORTH_IT = 0.75
#: How long the timing may take, after each way has been made ready.
AT_MOST_S = 2.0
MAX_BYTES = 1 << 20

log = logging.getLogger(__name__)


class Measured(BaseModel):
    """day: of the measurement. seconds: of one answer to a window with one person, by the way's name."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    day: str
    seconds: dict[str, Annotated[float, Field(gt=0)]]

    @property
    def best(self) -> str:
        """The fastest of those that answer alike; PyTorch, which is ready sooner, unless clearly slower."""
        found = min(
            (name for name in EXACT if name in self.seconds), key=self.seconds.__getitem__, default="cpu"
        )
        plain_s = self.seconds.get("cpu")
        worth_it = plain_s is None or self.seconds[found] <= WORTH_IT * plain_s
        return found if worth_it else "cpu"


def choose_engine(metadata: Metadata, device: str) -> str:
    """Where to compute: as asked for, and for "auto" a GPU where there is one, else the best exact way.

    Until that has been measured (`learn`) it is the processor by PyTorch; always for a continual network,
    which steps in one way only.
    """
    from stgat.device import choose_device

    if device != "auto" or choose_device().type != "cpu" or metadata.model.causal is not None:
        return device
    found = remembered(metadata)
    return "cpu" if found is None else found.best


def share_cores(metadata: Metadata) -> None:
    """Have PyTorch answer with one thread where that is quick enough, and leave the other cores to the pose.

    Its threads wait for each other at every layer: where the pose has one of two cores, two of them take
    longer than one, and many times as long when the machine is busy.
    """
    import torch

    all_threads = default_threads()
    light = answer_operations(metadata) <= ONE_THREAD_OPERATIONS
    torch.set_num_threads(1 if light else all_threads)


@functools.cache
def default_threads() -> int:
    """How many PyTorch uses where nobody says otherwise."""
    import torch

    return torch.get_num_threads()


def learn(model: Path) -> Measured | None:
    """Measure for the network in a file, with the threads the application gives it, and remember it.

    None, and nothing is done, where there is but one way. Raises CheckpointError.
    """
    from stgat.checkpoint import load_checkpoint
    from stgat.device import choose_device

    checkpoint = load_checkpoint(model)
    if choose_device().type != "cpu" or checkpoint.metadata.model.causal is not None:
        return None
    share_cores(checkpoint.metadata)
    found = measure(checkpoint)
    _remember(checkpoint.metadata, found)
    return found


def measure(checkpoint: Checkpoint) -> Measured:
    """Time every way on a window with one person in it, in turns, with the threads PyTorch is set to."""
    import numpy as np

    from stgat.errors import DeviceError
    from stgat.recognizer import Recognizer
    from stgat.timing import in_turns

    ways: dict[str, Recognizer] = {}
    for name in ENGINES:
        try:
            ways[name] = Recognizer(checkpoint, name)
        except DeviceError as error:
            log.info("%s", error)
    window = np.zeros(ways["cpu"].window_shape, np.float32)
    window[..., 0] = np.random.default_rng(0).normal(size=window.shape[:-1])
    answers = {name: way.recognize([window], [(0.0, 1.0)])[0].probabilities for name, way in ways.items()}
    for name in EXACT:
        if name in ways and np.abs(answers[name] - answers["cpu"]).max() > TOLERANCE:
            log.warning("%s answers differently on this machine, and is not used", name)
            del ways[name]
    calls = {name: lambda way=way: way.recognize([window], [(0.0, 1.0)]) for name, way in ways.items()}
    times = in_turns(calls, rounds=40, warm_up=2, at_most_s=AT_MOST_S)
    seconds = {name: round(time.median, 6) for name, time in times.items()}
    log.info("seconds an answer takes: %s", seconds)
    return Measured(day=f"{datetime.now(UTC):%Y-%m-%d}", seconds=seconds)


def remembered(metadata: Metadata) -> Measured | None:
    """What was measured here for networks of this size; None where nothing was."""
    return read(_path()).get(_key(metadata))


def measured_for(model: Path) -> Measured | None:
    """What was measured here for the network in a file; None where nothing was, or it cannot be read."""
    from stgat.checkpoint import read_metadata
    from stgat.errors import CheckpointError

    try:
        return remembered(read_metadata(model))
    except CheckpointError:
        return None


def _key(metadata: Metadata) -> str:
    """All that decides how fast which way is."""
    import torch

    facts = {
        "network": metadata.model.model_dump(mode="json", exclude={"num_classes", "dropout"}),
        "frames": metadata.preprocessing.num_frames,
        "people": metadata.people,
        "processor": processor(),
        "threads": torch.get_num_threads(),
        "versions": [version("torch"), version("onnxruntime")],
    }
    return json.dumps(facts, sort_keys=True, separators=(",", ":"))


def _path() -> Path:
    return home() / "engines.json"


def read(path: Path) -> dict[str, Measured]:
    """What engines.json says; nothing where it is not there or not ours: then all is measured anew."""
    try:
        entries = json.loads(read_limited(path, MAX_BYTES))
        return {key: Measured.model_validate(entry) for key, entry in entries.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, ValidationError, AttributeError, RecursionError) as error:
        log.warning("%s: not readable, so what is fastest is measured anew (%s)", path, told(error))
        return {}


def _remember(metadata: Metadata, found: Measured) -> None:
    entries = {key: entry.model_dump() for key, entry in (read(_path()) | {_key(metadata): found}).items()}
    try:
        with whole_file(_path()) as temporary:
            Path(temporary).write_text(json.dumps(entries, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        log.warning("%s: cannot be written (%s); the next start measures again", _path(), error)
