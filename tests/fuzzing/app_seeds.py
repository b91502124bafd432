"""Small valid files of the application's own, made here."""

from __future__ import annotations

import functools
import io
import json
import tempfile
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path

import av
import numpy as np
import torch

from app.batch import _Kept
from app.data_sets import Origin
from app.settings import Settings
from app.training_runs import Plan
from stgat.checkpoint import Metadata, save_checkpoint
from stgat.data.label_table import COLUMNS
from stgat.model import STGAT, STGATConfig
from stgat.preprocessing import Preprocessing
from stgat.teaching.memory import Memory, save_memory
from stgat.teaching.profiles import Profile, Take, save_profile
from stgat.training.config import PreparedTrainConfig
from stgat.training.load_config import load_config
from stgat.training.optimization import make_optimizer
from stgat.training.run_folder import Place, RunFolder
from tests.fuzzing.packing import ARRAY, members
from tests.fuzzing.target import PART

SMALLEST = STGATConfig(num_classes=2, layout="openpose-18", blocks=((8, 8, 1),), num_heads=1)
_CONFIG = """\
name: small
data: {path: set, split: ucla-xview}
model: {blocks: [[8, 8, 1]], num_heads: 1}
preprocessing: {layout: openpose-18, num_frames: 8, normalization: upright-1}
"""


def _saved(save: Callable[[Path], object]) -> bytes:
    """What is written, a safetensors file as its header and its numbers."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        save(path)
        content = path.read_bytes()
    length = int.from_bytes(content[:8], "little")
    return content[8 : 8 + length].rstrip() + PART + content[8 + length :]


def checkpoint() -> list[bytes]:
    metadata = Metadata(
        name="small",
        model=SMALLEST,
        preprocessing=Preprocessing(body="as-measured", layout="openpose-18", num_frames=8),
        labels=("clap", "wave"),
        metrics={"top1": 50.0},
    )
    torch.manual_seed(0)
    split = _saved(lambda path: save_checkpoint(path, STGAT(SMALLEST), metadata))
    header, _, numbers = split.partition(PART)
    return [split, len(header).to_bytes(8, "little") + header + numbers]


def _take(T: int = 14) -> Take:
    joints = np.random.default_rng(0).uniform(-1, 1, (T, 25, 3))
    return Take(joints, np.ones((T, 25)), np.arange(T) / 25, "camera")


def profile() -> list[bytes]:
    one = Profile("me").with_take("jump", _take())
    return [
        _saved(lambda path: save_profile(path, one)),
        _saved(lambda path: save_profile(path, Profile("me"))),
    ]


def memory() -> list[bytes]:
    floats = [np.ones(shape, np.float32) for shape in ((4,), (4, 2), (3, 2), (3, 2))]
    kept = Memory("0" * 64, *floats, np.array([0, 1, 0], np.int32), np.array([False, True, False]))
    return [_saved(lambda path: save_memory(path, kept))]


@functools.cache
def run_config() -> PreparedTrainConfig:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "config.yaml"
        path.write_text(_CONFIG)
        config = load_config(path)
    assert isinstance(config, PreparedTrainConfig)
    return config


def state_of_a_run() -> list[bytes]:
    model = STGAT(SMALLEST)
    optimizer = make_optimizer(model, run_config())
    model(torch.zeros(1, 3, 8, 18, 1)).sum().backward()
    optimizer.step()

    def save(path: Path) -> None:
        run = RunFolder.__new__(RunFolder)  # it would note the machine
        run.path = path.parent
        run.save_state(Place(epoch=1, step=2), model, deepcopy(model), optimizer)
        (path.parent / "last.safetensors").rename(path)

    return [_saved(save)]


def config() -> list[bytes]:
    table = f"{','.join(COLUMNS)}\nsit,legs,,nw-ucla,sit down,1,\n"
    pooled = (
        "base: base.yaml\nname: pooled\nlabel_table: table.csv\nidle: {}\nmirror_labels: {a: b}\n"
        "data: [{format: nw-ucla, path: a.zip, test_subjects: [8, 9]}]\n"
        "augment: {window_s: [1.0, 2.5], tilt_deg: 1e1}\nmodel:\n  blocks:\n  - [8, 8, 1]\n"
    )
    base = "seed: 3\nepochs: 5\npreprocessing:\n  stream: bone\n"
    return [
        members({"config.yaml": _CONFIG.encode()}),
        members({"config.yaml": pooled.encode(), "base.yaml": base.encode(), "table.csv": table.encode()}),
    ]


def settings() -> list[bytes]:
    some = Settings(language="de", recent_files=("a.mp4", "camera:0"), smoothing_s=0.5)
    return [some.model_dump_json(indent=2).encode(), b"{}"]


def engines() -> list[bytes]:
    return [
        json.dumps({"network": {"day": "2026-11-22", "seconds": {"cpu": 0.01, "onnxruntime": 0.02}}}).encode()
    ]


def run() -> list[bytes]:
    plan = Plan(name="one", config=Path("a.yaml"), overrides=("epochs=2",), epochs=2, began="2026-11-22")
    metrics = b'{"loss": 1.5, "top1": 50.0, "validation_top1": 40.0}\n{"loss": 1, "top1": 60}\n'
    progress = {
        "state": "running",
        "epoch": 2,
        "step": 1,
        "steps": 4,
        "seconds_left": 9.5,
        "samples_per_s": 3,
    }
    process = {"pid": 1, "began": "then"}
    return [
        members(
            {
                "run.json": plan.model_dump_json().encode(),
                "metrics.jsonl": metrics,
                "progress.json": json.dumps(progress).encode(),
                "process.json": json.dumps(process).encode(),
                "data-set.json": Origin(form="ntu60", source=Path("a.zip")).model_dump_json().encode(),
                "log.txt": b"epoch 1\nTraceback\nError: full\n",
            }
        )
    ]


def kept_result() -> list[bytes]:
    event = {"label": "clap", "start_s": 0.5, "end_s": 1.5, "probability": 0.9, "person": 1}
    kept = _Kept(
        version=1, file="a.mp4", size=10, modified_ns=5, model_sha256="0", duration_s=3, warning="",
        events=(event,),
    )  # fmt: skip
    return [kept.model_dump_json().encode()]


def _npz(arrays: dict[str, np.ndarray]) -> bytes:
    parts = {}
    for name, array in arrays.items():
        file = io.BytesIO()
        np.lib.format.write_array(file, array, version=(1, 0), allow_pickle=False)
        parts[f"{name}.npy"] = file.getvalue()
    return members(parts, ARRAY)


def part(start_s: float = 0.0) -> bytes:
    T = 3
    joints = np.random.default_rng(0).uniform(-1, 1, (T, 1, 25, 3)).astype(np.float16).astype(np.float32)
    return _npz(
        {
            "joints_m": joints + np.float32([0, 0, 3]),
            "confidence": np.ones((T, 1, 25), np.float32),
            "timestamps_s": start_s + np.arange(T) / 10,
            "image_size": np.array([64, 48]),
            "person_ids": np.array([1]),
        }
    )


def recording() -> list[bytes]:
    return [part().replace(ARRAY, PART)]


def session() -> list[bytes]:
    about = {"version": 1, "source": {"name": "cam"}, "started_at": "2026-11-22", "fps": 30, "ended": True,
             "duration_s": 0.6, "skeleton_only": True}  # fmt: skip
    events = b'{"label": "clap", "start_s": 0.1, "end_s": 0.5, "person": 1}\n'
    return [
        members(
            {
                "session.json": json.dumps(about).encode(),
                "events.jsonl": events,
                "skeletons/part-0000.npz": part(),
                "skeletons/part-0001.npz": part(1.0),
            }
        )
    ]


def video() -> list[bytes]:
    kinds = [
        ("mp4", "mpeg4", "yuv420p"), ("matroska", "libx264", "yuv420p"), ("avi", "mjpeg", "yuvj420p"),
        ("nut", "ffv1", "bgr0"), ("gif", "gif", "rgb8"), ("apng", "apng", "rgb24"),
        ("mpegts", "mpeg2video", "yuv420p"),
        ("flv", "flv", "yuv420p"), ("yuv4mpegpipe", "rawvideo", "yuv420p"), ("mov", "png", "rgb24"),
    ]  # fmt: skip
    return [_video(*kind) for kind in kinds]


def _video(form: str, codec: str, pixels: str) -> bytes:
    file = io.BytesIO()
    with av.open(file, "w", format=form) as container:
        stream = container.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = 32, 16, pixels
        for number in range(3):
            picture = np.full((16, 32, 3), 40 * number, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
    return file.getvalue()
