"""Putting the road together: one model, loaded once, that the live pose can feed."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch

from app.errors import ModelError, SourceError
from app.road import RecognizerLoader, make_session
from stgat.checkpoint import save_checkpoint
from stgat.errors import CheckpointError, DeviceError
from stgat.model import STGAT
from tests.app.fakes import METADATA, FakeRecognizer, tiny_checkpoint, tiny_recording


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return tiny_checkpoint(tmp_path / "tiny.safetensors")


def test_the_model_is_loaded_on_first_use_and_kept(model: Path) -> None:
    loader = RecognizerLoader(model, "cpu")
    first = loader()
    model.unlink()
    assert loader() is first
    assert first.labels == METADATA.labels
    assert first.device == torch.device("cpu")


def test_many_threads_asking_at_once_load_it_once(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from stgat import checkpoint

    loads: list[Path] = []
    load = checkpoint.load_checkpoint
    monkeypatch.setattr(checkpoint, "load_checkpoint", lambda path: loads.append(path) or load(path))
    loader = RecognizerLoader(model, "cpu")
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: loader(), range(8)))
    assert len(loads) == 1
    assert all(recognizer is found[0] for recognizer in found)


def test_a_failed_load_is_tried_again(tmp_path: Path) -> None:
    loader = RecognizerLoader(tmp_path / "late.safetensors", "cpu")
    with pytest.raises(CheckpointError, match=r"late\.safetensors: no such model file"):
        loader()
    tiny_checkpoint(tmp_path / "late.safetensors")
    assert loader().labels == METADATA.labels


@pytest.mark.parametrize(
    ("layout", "channels", "message"),
    [
        ("kinect-v1-20", 3, "takes 3 channels of kinect-v1-20 skeletons, but the camera gives 3 of ntu25"),
        ("ntu25", 2, "takes 2 channels of ntu25 skeletons"),
    ],
)
def test_a_model_the_live_pose_cannot_feed_is_refused(
    tmp_path: Path, layout: str, channels: int, message: str
) -> None:
    config = METADATA.model.model_copy(update={"layout": layout, "in_channels": channels})
    preprocessing = METADATA.preprocessing.model_copy(update={"layout": layout})
    path = tmp_path / "other.safetensors"
    save_checkpoint(
        path, STGAT(config), METADATA.model_copy(update={"model": config, "preprocessing": preprocessing})
    )
    with pytest.raises(
        ModelError, match=rf"other\.safetensors {message}.*choose another --model, or train one by "
    ):
        RecognizerLoader(path, "cpu")()


def test_a_device_that_is_not_there_is_refused(model: Path) -> None:
    with pytest.raises(DeviceError, match="cuda:77"):
        RecognizerLoader(model, "cuda:77")()


@pytest.mark.parametrize("spec", ["", "camera:front", "https://example.org/clip.mp4"])
def test_a_source_that_names_nothing_is_refused_before_a_thread_starts(spec: str) -> None:
    with pytest.raises(SourceError):
        make_session(spec, FakeRecognizer)


def test_a_session_runs_from_a_recording_to_events(tmp_path: Path) -> None:
    session = make_session(str(tiny_recording(tmp_path / "r.npz")), FakeRecognizer, lossless=True)
    session.start()
    assert session.wait(30)
    assert session.failure is None
    assert [event.label for event in session.snapshot().events] == ["hand waving"]


def test_another_model_is_loaded_by_the_next_session_and_forgets_the_first(
    model: Path, tmp_path: Path
) -> None:
    loader = RecognizerLoader(model, "cpu")
    first = loader()
    loader.use(tiny_checkpoint(tmp_path / "other.safetensors"))
    assert (loader.model.name, loader.device) == ("other.safetensors", "cpu")
    second = loader()
    assert second is not first
    assert loader() is second
    loader.use()  # the same again: the file may have been written anew
    assert loader() is not second


def test_choosing_does_not_wait_for_what_is_being_loaded(
    model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from stgat import checkpoint

    begun, go_on = threading.Event(), threading.Event()
    load = checkpoint.load_checkpoint

    def slowly(path: Path):
        begun.set()
        go_on.wait(10)
        return load(path)

    monkeypatch.setattr(checkpoint, "load_checkpoint", slowly)
    loader = RecognizerLoader(model, "cpu")
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(loader)
        assert begun.wait(10)
        loader.use(model.with_name("missing.safetensors"))
        go_on.set()
        assert first.result().labels == METADATA.labels  # it was asked for before
        with pytest.raises(CheckpointError, match=r"missing\.safetensors: no such model file"):
            pool.submit(loader).result()
    loader.use(model)
    assert loader().labels == METADATA.labels


def test_a_device_that_is_not_there_is_told_by_the_next_session_and_can_be_taken_back(model: Path) -> None:
    loader = RecognizerLoader(model, "cpu")
    loader.use(device="cuda:77")
    with pytest.raises(DeviceError, match="cuda:77"):
        loader()
    loader.use(device="cpu")
    assert loader().device == torch.device("cpu")
