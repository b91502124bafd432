"""The readers of the application's own files: networks, profiles, configurations, recordings, settings."""

from __future__ import annotations

import functools
import re
from itertools import islice
from pathlib import Path

import numpy as np
import torch

from app import batch, engines
from app.data_sets import read_origin
from app.errors import SourceError
from app.recordings import load_recording
from app.settings import SettingsStore
from app.sources import session_recording
from app.sources.recording import joints_in_picture, skeletons_at
from app.sources.session_recording import SessionSource
from app.sources.video_file import FileSource
from app.training_runs import look
from stgat.checkpoint import load_checkpoint, read_metadata
from stgat.data.session_folder import EVENTS, read_events
from stgat.errors import CheckpointError, ConfigError, TeachingError, TrainingError
from stgat.model import STGAT
from stgat.teaching.memory import load_memory
from stgat.teaching.profiles import MAX_NAME, load_profile, read_names
from stgat.training.load_config import load_config
from stgat.training.optimization import make_optimizer
from stgat.training.run_folder import LAST, RunFolder
from tests.fuzzing import app_seeds as seeds
from tests.fuzzing.packing import ARRAY, write_zipped, zipped
from tests.fuzzing.target import PART, Target, check_sentence, write_whole

_PLACE = re.compile(r"(skeletons/)?[a-z]{1,10}(-\d{1,9})?\.(json|jsonl|npz|yaml|csv|txt)")


def write_tensors(folder: Path, name: str, content: bytes) -> Path:
    """A safetensors file of a header and numbers, with its header's true length; else the file itself."""
    header, split, numbers = content.partition(PART)
    return write_whole(
        folder, name, len(header).to_bytes(8, "little") + header + numbers if split else content
    )


def write_folder(folder: Path, name: str, content: bytes) -> Path:
    """Files in a folder; `name` is the one to read, or "" for the folder itself."""
    for part in content.split(PART):
        text, _, inside = part.partition(b"\n")
        place = text.decode("latin-1")
        if _PLACE.fullmatch(place):
            write_whole(folder, place, zipped(inside, ARRAY) if place.endswith(".npz") else inside)
    return folder / name


def read_checkpoint(path: Path) -> None:
    checkpoint = load_checkpoint(path)
    assert read_metadata(path) == checkpoint.metadata
    assert all(torch.isfinite(value).all() for value in checkpoint.model.parameters())
    assert len(checkpoint.metadata.labels) == checkpoint.model.classifier.out_features


def read_profile(path: Path) -> None:
    profile = load_profile(path)
    names = tuple((action.name, len(action.takes)) for action in profile.actions)
    assert read_names(path) == (profile.name, names)
    for action in profile.actions:
        assert len(action.name) <= MAX_NAME and not set("/\\:") & set(action.name)


def read_memory(path: Path) -> None:
    memory = load_memory(path)
    assert len(memory.classes) == len(memory.coordinates) == len(memory.judges)
    assert np.isfinite(memory.place(memory.mean[None])).all()


@functools.cache
def _begun() -> tuple[STGAT, STGAT]:
    return STGAT(seeds.SMALLEST), STGAT(seeds.SMALLEST)


def read_state(path: Path) -> None:
    """As a run is continued; one step after it, since the optimiser believes what it is given."""
    model, average = _begun()
    optimizer = make_optimizer(model, seeds.run_config())
    run = RunFolder.__new__(RunFolder)
    run.path = path.parent
    place = run.load_state(model, average, optimizer)
    assert place.epoch >= 0 and place.step >= 0
    for parameter in model.parameters():
        parameter.grad = torch.zeros_like(parameter)
    optimizer.step()


def read_config(path: Path) -> None:
    """An error has a line for each mistake, which each name the file."""
    try:
        load_config(path)
    except ConfigError as error:
        for line in str(error).split("\n"):
            check_sentence(line, path.parent)
        raise ConfigError(str(error).partition("\n")[0]) from error


def read_settings(path: Path) -> None:
    """The application starts, and nothing is lost: what cannot be read is kept as it is."""
    before = path.read_bytes()
    store = SettingsStore(path)
    kept = [file for file in path.parent.iterdir() if file.read_bytes() == before]
    assert kept, "the old settings are lost"
    store.change(language="fr")
    assert SettingsStore(path).value == store.value
    if store.problem:
        assert kept[0] != path and kept[0].read_bytes() == before
        raise SourceError(store.problem)


def read_engines(path: Path) -> None:
    for measured in engines.read(path).values():
        assert measured.best in engines.EXACT


def read_run(folder: Path) -> None:
    """A run as the window shows it; what is damaged is left out."""
    read_origin(folder)
    view = look(folder)
    if view is not None:
        assert 0 <= view.share <= 1
        assert view.best is None or np.isfinite(view.best)
        assert view.seconds_left is None or np.isfinite(view.seconds_left)
        assert view.standing.message.isprintable()
        view.curve("loss")


def read_kept(path: Path) -> None:
    kept = batch.read_kept(path)
    assert kept is None or kept.duration_s >= 0


def read_skeletons(path: Path) -> None:
    """A recording, and where its people are in the picture."""
    recording = load_recording(path)
    joints = joints_in_picture(recording, 4 / 3)
    for index in {0, recording.num_frames - 1}:
        for skeleton in skeletons_at(recording, joints, index, 0.0):
            assert skeleton.image_joints is not None and skeleton.image_joints.shape == (25, 2)


def read_session(folder: Path) -> None:
    """A session as it is played: the first moments, and its end."""
    session_recording.studio = lambda width, height: np.zeros((height, width, 3), np.uint8)  # it takes long
    events = folder / EVENTS
    if events.is_file():
        for problem in read_events(events.read_bytes(), str(events))[1]:
            check_sentence(problem, folder)
    with SessionSource(folder) as source:
        info = source.open()
        if source.warning is not None:
            assert source.warning.isprintable()
        times = [frame.timestamp_s for frame in islice(source.frames(), 3)]
        assert times == sorted(times)
        if info.duration_s is not None:
            source.seek(info.duration_s)


def read_video(path: Path) -> None:
    """A video's first pictures, and one further on."""
    with FileSource(path) as source:
        info = source.open()
        for frame in islice(source.frames(), 4):
            assert frame.image.dtype == np.uint8 and frame.image.ndim == 3
            assert np.isfinite(frame.timestamp_s)
        source.seek((info.duration_s or 0.0) / 2, exact=False)


_JSON = (
    b'{"', b'":', b"[", b"]", b"{", b"}", b"null", b"true", b"NaN", b"Infinity", b"1e999", b'"\\ud800"',
)  # fmt: skip
_HEADER = (
    *_JSON, b'"F32"', b'"F64"', b'"F16"', b'"BF16"', b'"F4"', b'"I64"', b'"BOOL"', b'"shape":[',
    b'"data_offsets":[', b"18446744073709551615", b"[4294967296,4294967296]", b"\\u001b[2J", b"__metadata__",
    b'\\"causal\\":{\\"memory\\":4,',
)  # fmt: skip
_YAML = (
    b"!!python/object/apply:os.system ['true']", b"!!python/name:os.system", b"!!binary x", b"!!timestamp x",
    b"!!int x", b"!!bool x", b"!!set {a}", b"!!omap [a: 1]", b"&a [*a]", b"*a", b"<<: *a", b"<<: {a: 1}",
    b"? ", b"- ", b"2001-99-99", b"1:99:99.5", b".inf", b".nan", b"|\n", b">-\n", b"%YAML 9.9\n---\n",
    b"\x00", b"0x", b"{[]: 1}",
)  # fmt: skip
_NPY = (b"'<f4'", b"'<f8'", b"'|O'", b"(0,)", b"(1000000000, 1, 25, 3)", b"\x93NUMPY\x02\x00", b"True")

TARGETS = (
    Target("checkpoint", "network.safetensors", read_checkpoint, seeds.checkpoint, (CheckpointError,),
           write_tensors, _HEADER, max_bytes=1 << 15),
    Target("profile", "me.safetensors", read_profile, seeds.profile, (TeachingError,), write_tensors,
           _HEADER),
    Target("memory", "network.safetensors", read_memory, seeds.memory, (TeachingError,), write_tensors,
           _HEADER),
    Target("state-of-a-run", LAST, read_state, seeds.state_of_a_run, (TrainingError,), write_tensors,
           _HEADER, max_bytes=1 << 16),
    Target("config", "config.yaml", read_config, seeds.config, (ConfigError,), write_folder, _YAML,
           max_bytes=1 << 12),
    Target("settings", "settings.json", read_settings, seeds.settings, (SourceError,), tokens=_JSON),
    Target("engines", "engines.json", read_engines, seeds.engines, tokens=_JSON),
    Target("run", "", read_run, seeds.run, place=write_folder, tokens=_JSON),
    Target("batch-result", "result.json", read_kept, seeds.kept_result, tokens=_JSON),
    Target("recording", "a.npz", read_skeletons, seeds.recording, (SourceError,), write_zipped, _NPY),
    Target("session", "", read_session, seeds.session, (SourceError,), write_folder, (*_JSON, *_NPY)),
    Target("video", "clip.bin", read_video, seeds.video, (SourceError,), max_bytes=1 << 13),
)  # fmt: skip
